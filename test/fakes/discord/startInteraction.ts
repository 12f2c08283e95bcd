import { randomBytes } from 'node:crypto';
import { type APIInteraction, ChannelType, type InteractionType } from 'discord-api-types/v10';
import { interactionChannelJson, memberJson, userJson } from './json.js';
import { answerLimit } from './limits.js';
import { everyonesPermissions, holds, permissionsIn } from './permissions.js';
import type { Channel, Interaction, Member, Stored, World } from './world.js';

/** How somebody came to use the app. */
export interface Way {
  /** The app is installed for the person, rather than (or besides) for the server. */
  readonly userInstall?: boolean;
  readonly locale?: string;
}

const guildLocale = 'en-US';

/** Sends the bot an interaction, whole as Discord's, and watches that it is answered within three seconds. */
export function startInteraction(
  world: World,
  type: InteractionType,
  person: Member,
  channel: Channel,
  data: unknown,
  how: Way & { readonly what: string; readonly source?: Stored; readonly message?: boolean },
): Interaction {
  const id = world.id();
  const token = randomBytes(120).toString('base64url');
  const { guild } = channel;
  const external = guild ? !guild.bot : !channel.bot;
  const hushed =
    external && guild !== undefined && !holds(permissionsIn(world, channel, person), 'UseExternalApps');
  const fileLimit = Math.max(guild?.fileLimit ?? world.fileLimit, person.fileLimit);
  const owners = {
    ...(!external && { 0: guild?.id ?? '0' }),
    ...((external || how.userInstall) && { 1: person.id }),
  };
  const own = external ? everyonesPermissions : permissionsIn(world, channel, world.bot);
  const payload = {
    id,
    application_id: world.bot.id,
    type,
    data,
    token,
    version: 1,
    ...(guild && {
      guild_id: guild.id,
      guild: { id: guild.id, locale: guildLocale, features: [] },
      guild_locale: guildLocale,
      member: memberJson(world, guild, person, channel),
    }),
    ...(!guild && { user: userJson(person) }),
    channel_id: channel.id,
    channel: interactionChannelJson(world, channel, person),
    ...(how.message && how.source && { message: how.source.json }),
    app_permissions: own.toString(),
    locale: how.locale ?? person.locale,
    entitlements: [],
    authorizing_integration_owners: owners,
    context: guild ? 0 : channel.bot && channel.type === ChannelType.DM ? 1 : 2,
    attachment_size_limit: fileLimit,
  } as unknown as APIInteraction;

  let settle: (outcome: number | Error) => void = () => {};
  const acknowledged = new Promise<number>((resolve, reject) => {
    settle = (outcome) => (typeof outcome === 'number' ? resolve(outcome) : reject(outcome));
  });
  // Whoever does not look at it shall not be ended by it.
  acknowledged.catch(() => {});
  const interaction: Interaction = {
    id,
    token,
    type,
    payload,
    what: `${how.what} by ${person.username}`,
    channel,
    person,
    sentAt: performance.now(),
    createdAt: world.now(),
    fileLimit,
    external,
    hushed,
    source: how.source,
    deliveries: [],
    acknowledged,
    followups: [],
    settle,
  };
  world.interactions.set(id, interaction);
  world.byToken.set(token, interaction);
  world.dispatch('INTERACTION_CREATE', payload, { guild: guild?.id });
  watch(world, interaction);
  return interaction;
}

/** A bot that got it promptly, and whose connection lived on, has to have answered. */
function watch(world: World, interaction: Interaction): void {
  const look = () => {
    if (world.closed || interaction.callback !== undefined) return;
    // What has begun to arrive in time may still be read.
    if (world.inFlight > 0 && performance.now() - interaction.sentAt < answerLimit * 5) {
      setTimeout(look, 50).unref();
      return;
    }
    const had = interaction.deliveries.some(
      ({ at, open }) => at - interaction.sentAt < answerLimit / 3 && open(),
    );
    const outcome = `${interaction.what}: not answered within ${answerLimit} ms`;
    if (had && !interaction.excused) world.breach(outcome);
    interaction.settle(new Error(had ? outcome : `${outcome}; the bot did not get it`));
    world.changed();
  };
  setTimeout(look, answerLimit + 20).unref();
}
