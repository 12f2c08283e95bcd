import type { Channel, PersonRecord, World } from '../world.js';

/** The DM between the bot and a person, made where there is none yet. */
export function openDm(world: World, person: PersonRecord): Channel {
  const found = [...world.channels.values()].find((one) => one.kind === 'im' && one.person === person.id);
  if (found) return found;
  const channel: Channel = {
    id: world.id('D'),
    name: 'directmessage',
    team: person.team,
    kind: 'im',
    person: person.id,
    bot: true,
    archived: false,
  };
  world.channels.set(channel.id, channel);
  world.messages.set(channel.id, []);
  return channel;
}
