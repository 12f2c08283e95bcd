import { randomBytes } from 'node:crypto';
import { type Handle, interactionHandle, saidHandle } from './handle.js';
import type { Seen } from './seen.js';
import type { Interaction, Stored, World } from './world.js';

/** Sends the bot what no Discord would: something that happened before once more, changed in whatever way. */
export interface Retell {
  /**
   * An interaction like that one, under an id and a token of its own, which `change` gets to see. It need not be
   * answered; where it is, all limits hold.
   */
  retell(from: Interaction, change: (payload: unknown) => unknown): Handle;
  /** A message like that one, likewise. */
  retellMessage(said: Seen, change: (data: unknown) => unknown): Handle;
  /** Any gateway event. */
  send(name: string, data: unknown): void;
}

/** @example discord.retell(handle.interaction!, (payload) => ({ ...payload, data: null })) */
export function createRetell(world: World): Retell {
  return {
    retell(from, change) {
      const [id, token] = [world.id(), randomBytes(120).toString('base64url')];
      const payload = change({ ...structuredClone(from.payload), id, token });
      let settle: Interaction['settle'] = () => {};
      const acknowledged = new Promise<number>((resolve, reject) => {
        settle = (outcome) => (typeof outcome === 'number' ? resolve(outcome) : reject(outcome));
      });
      acknowledged.catch(() => {});
      const interaction: Interaction = {
        ...from,
        ...{ id, token, acknowledged, settle },
        ...{
          sentAt: performance.now(),
          createdAt: world.now(),
          deliveries: [],
          followups: [],
          excused: true,
        },
        ...{ callback: undefined, original: undefined, modal: undefined, choices: undefined },
      };
      world.interactions.set(id, interaction);
      world.byToken.set(token, interaction);
      world.dispatch('INTERACTION_CREATE', payload, { guild: interaction.channel.guild?.id });
      return interactionHandle(world, interaction);
    },
    retellMessage(said, change) {
      const id = world.id();
      const { channel } = said;
      const from = channel.messages.get(said.id)!;
      const stored: Stored = { ...from, json: { ...from.json, id } };
      channel.messages.set(id, stored);
      const guild = channel.guild && { guild_id: channel.guild.id };
      const handle = saidHandle(world, stored);
      world.dispatch('MESSAGE_CREATE', change({ ...structuredClone(stored.json), ...guild }), {
        guild: channel.guild?.id,
      });
      return handle;
    },
    send: (name, data) => void world.dispatch(name, data, {}),
  };
}
