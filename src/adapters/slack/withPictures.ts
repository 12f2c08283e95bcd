import { type Clock, sleep } from '../../clock.js';
import type { Reply, Shown } from '../../request.js';
import { isNotReady } from './failures.js';
import { type Message, picturesOf, replyMessage } from './reply.js';
import type { Uploads } from './uploads.js';

/** Sends a reply with its pictures uploaded, again until Slack has them ready. */
export type WithPictures = <Result>(
  team: string,
  reply: Reply,
  send: (message: Message) => Promise<Result>,
  how?: {
    /** Sending costs something: it waits until the pictures are known to be ready. */
    readonly once?: boolean;
    readonly mostBlocks?: number;
  },
) => Promise<Result>;

/** Slack may take that long, in milliseconds, until an uploaded picture can be shown. */
const readyAfter = [300, 700, 1000, 2000, 3000, 4000, 4000, 5000];

/**
 * Slack takes a picture's bytes at once, and shows it in blocks some seconds later; until then it calls such blocks
 * invalid.
 *
 * @example await createWithPictures(uploads, clock)('T0FOX', reply, (message) => post(message))
 */
export function createWithPictures(uploads: Uploads, clock: Clock): WithPictures {
  async function wait(team: string, ids: readonly string[]): Promise<void> {
    for (const pause of readyAfter) {
      const ready = await Promise.all(ids.map((id) => uploads.isReady(team, id).catch(() => false)));
      if (ready.every(Boolean)) return;
      await sleep(clock, pause);
    }
  }

  return async (team, reply, send, { once = false, mostBlocks } = {}) => {
    const pictures = picturesOf(reply);
    const ids = new Map<Shown, string | undefined>();
    for (const picture of pictures) ids.set(picture, await uploads.picture(team, picture));
    const message = replyMessage(reply, (picture) => ids.get(picture), mostBlocks);
    if (once)
      await wait(
        team,
        [...ids.values()].filter((id) => id !== undefined),
      );
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(message);
      } catch (error) {
        if (pictures.length === 0 || !isNotReady(error)) throw error;
        const pause = readyAfter[attempt];
        if (pause === undefined) {
          // The next try begins with the bytes.
          for (const picture of pictures) uploads.forget(team, picture);
          throw error;
        }
        await sleep(clock, pause);
      }
    }
  };
}
