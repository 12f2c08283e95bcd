import { randomUUID } from 'node:crypto';
import { checkBlocks } from './blockKit/blocks.js';
import { fileStates } from './call.js';
import { addMessage, editMessage, findMessage } from './messages.js';
import type { Wire } from './wire.js';
import type { Channel, Message, Team, World } from './world.js';

const mostUses = 5;
const lifetime = 30 * 60_000;

/** What a response_url belongs to. */
export interface Origin {
  team: Team;
  channel: Channel;
  user: string;
  /** The message whose button was pressed; slash commands have none. */
  message?: Message;
}

export interface ResponseUrls {
  /** A new address. */
  issue(origin: Origin): string;
  /** A new address for what that one is for. */
  renew(url: string): string;
  /** What a POST to an address gets. */
  post(ticket: string, body: Wire): { status: number; body: Wire | string };
  /** Posts what an acknowledgement of a slash command said. */
  say(origin: Origin, body: Wire): void;
}

/** The addresses that come with interactions: five uses within thirty minutes. */
export function createResponseUrls(world: World): ResponseUrls {
  const issued = new Map<string, { origin: Origin; uses: number; at: number }>();

  function refused(error: string, detail: string) {
    world.breaches.add('response_url', detail);
    return { status: 404, body: { ok: false, error } };
  }

  function say(origin: Origin, body: Wire): void {
    const { team, channel, user, message } = origin;
    const text = `${body.text ?? ''}`;
    const blocks = body.blocks as Wire[] | undefined;
    const original = message && findMessage(world, channel.id, message.ts);
    if (body.delete_original) {
      if (original) original.deleted = true;
      world.changed();
      return;
    }
    if (body.replace_original && original) {
      editMessage(world, original, { text, blocks: blocks ?? [] });
      return;
    }
    addMessage(world, channel, {
      user: team.botUser,
      bot: true,
      text,
      blocks,
      thread: body.thread_ts,
      ephemeralTo: body.response_type === 'in_channel' ? undefined : user,
      arguments: body,
    });
  }

  function issue(origin: Origin): string {
    const ticket = randomUUID();
    issued.set(ticket, { origin, uses: 0, at: world.now() });
    return `${world.host}/response/${ticket}`;
  }

  return {
    issue,
    renew: (url) => issue(issued.get(url.slice(url.lastIndexOf('/') + 1))!.origin),
    post(ticket, body) {
      const found = issued.get(ticket);
      if (!found) return refused('expired_url', 'an unknown response_url');
      const age = world.now() - found.at;
      if (age > lifetime) return refused('expired_url', `used after ${Math.round(age / 60_000)} minutes`);
      found.uses += 1;
      if (found.uses > mostUses) return refused('used_url', `used ${found.uses} times`);
      if (body.blocks) {
        const problems = checkBlocks(body.blocks, 'message', fileStates(world, found.origin.team.id));
        if (problems.length > 0) {
          if (problems.some(({ excused }) => !excused)) {
            const messages = problems.map((one) => `${one.message} [json-pointer:${one.at}]`);
            world.breaches.add('invalid_blocks', `response_url: ${messages.join('; ')}`);
          }
          return { status: 404, body: { ok: false, error: 'invalid_blocks' } };
        }
      } else if (!body.text && !body.delete_original) {
        world.breaches.add('no_text', 'response_url: a message without text or blocks');
        return { status: 404, body: { ok: false, error: 'no_text' } };
      }
      if ([...`${body.text ?? ''}`].length > 40_000) {
        world.breaches.add('msg_too_long', 'response_url');
        return { status: 404, body: { ok: false, error: 'msg_too_long' } };
      }
      say(found.origin, body);
      return { status: 200, body: 'ok' };
    },
    say,
  };
}
