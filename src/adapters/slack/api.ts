import { webApi } from '@slack/bolt';
import { type Clock, sleep } from '../../clock.js';
import { isUnsure, waitOf } from './failures.js';
import type { Method } from './methods.js';
import type { Workspaces } from './workspaces.js';

/** Calls a method of the Web API with the token of that workspace. */
export type Api = (
  team: string,
  method: Method,
  args: Record<string, unknown>,
  how?: {
    /** What Slack refuses for being too much is thrown rather than waited for. */
    readonly impatient?: boolean;
  },
) => Promise<unknown>;

const attempts = 4;
const longestWait = 60_000;

/** Twice is once too often: whether they were carried out has to be looked up first. */
const once: readonly Method[] = ['chat.postMessage', 'chat.postEphemeral', 'files.completeUploadExternal'];

/**
 * The Web API, with what Slack asks to be tried again tried again: after the time it names, and where it gave no
 * answer, for those methods that can be repeated.
 *
 * @example await createApi(workspaces, clock)('T0FOX', 'users.info', { user: 'U0ANNA' })
 */
export function createApi(workspaces: Workspaces, clock: Clock): Api {
  /** Until when Slack wants not to hear of a method, by workspace. */
  const closed = new Map<string, number>();

  /** Lets the time pass that Slack named to another call of that method. */
  async function pass(name: string, impatient: boolean): Promise<void> {
    const left = (closed.get(name) ?? 0) - clock.now();
    if (left <= 0) return;
    if (impatient || left > longestWait) throw new webApi.WebAPIRateLimitedError(Math.ceil(left / 1000));
    await sleep(clock, left);
  }

  return async (team, method, args, { impatient = false } = {}) => {
    const { client } = await workspaces.get(team);
    // Messages are counted by channel, as posts.ts does.
    const name = method === 'chat.postMessage' ? `${team}/${method}/${args.channel}` : `${team}/${method}`;
    let losses = 0;
    let waited = 0;
    for (;;) {
      await pass(name, impatient);
      try {
        return await client.apiCall(method, args);
      } catch (error) {
        const wait = waitOf(error);
        if (wait === undefined) {
          if (!isUnsure(error) || once.includes(method) || ++losses === attempts) throw error;
          await sleep(clock, 250 * 4 ** (losses - 1));
        } else {
          closed.set(name, clock.now() + wait);
          waited += Math.max(wait, 100);
          if (impatient || waited > longestWait) throw error;
        }
      }
    }
  };
}
