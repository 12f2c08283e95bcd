import { type Clock, sleep } from '../clock.js';
import { UserError } from '../errors.js';

const mostInARow = 5;
const firstWait = 1000;
const longestWait = 120_000;

interface Transient extends Error {
  readonly transient: true;
  /** Milliseconds that whoever answered wants to be left alone. */
  readonly after: number | undefined;
}

/**
 * A failure that another try may mend: a connection that broke, a server that is busy.
 *
 * @param reason what happened, for the middle of a sentence
 * @example throw transient('the connection ended after 7 of 9 bytes');
 */
export function transient(reason: string, { after, cause }: { after?: number; cause?: unknown } = {}): Error {
  return Object.assign(new Error(reason, { cause }), { transient: true as const, after });
}

export interface Patience {
  /** The start of the sentence, as `Cannot pull owner/repo`. */
  readonly action: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What a try has achieved so far: while it grows, no number of failures is too many. */
  progress?(): number;
}

/**
 * Does something again while it fails for reasons that pass, waiting longer each time, or as long as is asked for.
 *
 * @throws UserError `unreachable` after five failures in a row that achieved nothing, or for a wait over two minutes
 * @example await patiently(() => fetchOnce(), { action: 'Cannot pull owner/repo', clock, signal });
 */
export async function patiently<Value>(work: () => Promise<Value>, patience: Patience): Promise<Value> {
  const { action, clock, signal, progress = () => 0 } = patience;
  let most = progress();
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isTransient(error)) throw error;
      if (progress() > most) failures = 1;
      most = Math.max(most, progress());
      const wait = error.after ?? firstWait * 2 ** (failures - 1);
      if (wait > longestWait) {
        const seconds = Math.ceil(wait / 1000);
        throw cannot(`${action}: ${error.message} and wants ${seconds} seconds of patience`, error);
      }
      if (failures === mostInARow)
        throw cannot(`${action}: ${error.message}, ${mostInARow} times in a row`, error);
      await sleep(clock, wait, signal);
    }
  }
}

function isTransient(error: unknown): error is Transient {
  return error instanceof Error && 'transient' in error;
}

function cannot(sentence: string, cause: unknown): UserError {
  return new UserError('unreachable', `${sentence}; what came is kept for the next try`, { cause });
}
