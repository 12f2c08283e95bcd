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
  return async (team, method, args, { impatient = false } = {}) => {
    const { client } = await workspaces.get(team);
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.apiCall(method, args);
      } catch (error) {
        const wait = waitOf(error);
        const refused = wait !== undefined && wait <= longestWait && !impatient;
        const lost = isUnsure(error) && !once.includes(method);
        if (attempt === attempts || !(refused || lost)) throw error;
        await sleep(clock, wait ?? 250 * 4 ** (attempt - 1));
      }
    }
  };
}
