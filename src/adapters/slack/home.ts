import type { types } from '@slack/bolt';
import type { Handle, Reply, Request, Responder, Shown } from '../../request.js';
import { picturesOf, replyMessage } from './reply.js';

/** The commands that App Home shows the answers of, under these words. */
const parts = [
  { command: 'queue', title: 'The line' },
  { command: 'history', title: 'My pictures' },
] as const;

/**
 * App Home for one person: what `queue` and `history` answer them.
 *
 * @param request what is asked for them, without the command; its key is one part of each answer's
 * @param upload gives the id of a picture, uploaded
 * @param words the commands there are
 */
export async function homeView(
  request: Omit<Request, 'command' | 'options'>,
  tools: {
    readonly handle: Handle;
    readonly words: readonly string[];
    upload(picture: Shown): Promise<string | undefined>;
  },
): Promise<types.HomeView> {
  const blocks: types.KnownBlock[] = [];
  for (const { command, title } of parts.filter((part) => tools.words.includes(part.command))) {
    const reply = await ask(
      { ...request, key: `${request.key}/${command}`, command, options: {} },
      tools.handle,
    );
    blocks.push({ type: 'header', text: { type: 'plain_text', text: title, emoji: false } });
    if (!reply) continue;
    const ids = new Map<Shown, string | undefined>();
    for (const picture of picturesOf(reply)) ids.set(picture, await tools.upload(picture));
    blocks.push(...replyMessage(reply, (picture) => ids.get(picture), 48).blocks);
  }
  return { type: 'home', blocks: blocks.slice(0, 100) };
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
