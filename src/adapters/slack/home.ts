import type { types } from '@slack/bolt';
import type { Handle, Item, Reply, Request, Responder } from '../../request.js';
import type { Message } from './reply.js';

/** The commands that App Home shows the answers of, under these words. */
const parts = [
  { command: 'queue', title: 'The line' },
  { command: 'history', title: 'My pictures' },
] as const;

/** A home tab takes twice as many as a message. */
export const homeBlocks = 100;

/**
 * App Home for one person: what `queue` and `history` answer them, as one reply.
 *
 * @param request what is asked for them, without the command; its key is one part of each answer's
 * @param words the commands there are
 */
export async function homeReply(
  request: Omit<Request, 'command' | 'options'>,
  handle: Handle,
  words: readonly string[],
): Promise<Reply> {
  const items: Item[] = [];
  const buttons: NonNullable<Reply['buttons']>[number][] = [];
  for (const { command, title } of parts.filter((part) => words.includes(part.command))) {
    const asked = { ...request, key: `${request.key}/${command}`, command, options: {} };
    const reply = await ask(asked, handle);
    items.push({ title: [{ bold: title }], body: reply?.text }, ...(reply?.items ?? []));
    buttons.push(...(reply?.buttons ?? []));
  }
  return { text: ['Kiln'], items, buttons };
}

/** That reply as a view. */
export function homeView({ blocks }: Message): types.HomeView {
  // The first says whose tab it is, which Slack does too.
  return { type: 'home', blocks: blocks.slice(1) };
}

/** What a command answers, kept instead of shown. */
async function ask(request: Request, handle: Handle): Promise<Reply | undefined> {
  let last: Reply | undefined;
  const responder: Responder = {
    acknowledge: async () => request.target,
    async show(reply) {
      last = reply;
    },
    async open() {},
  };
  await handle(request, responder);
  return last;
}
