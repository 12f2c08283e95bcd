import type { Clock } from '../../clock.js';
import type { AdapterTools } from '../tools.js';
import { responseLife } from './target.js';

/**
 * Which answers went out through a response URL and may not have been heard of since. Slack replaces nothing there, and
 * nobody can look: what may have been shown must not be sent again.
 */
export interface Answering {
  /** Notes that it goes out now; false when it did before, and nobody knows what became of it. */
  begin(mark: string): Promise<boolean>;
  /** It was refused for certain. */
  refused(mark: string): Promise<void>;
}

const name = 'slack/answering';

/** @example if (await answering.begin(target.mark)) await respond(target, message, how, clock.now()); */
export function createAnswering(memory: AdapterTools['memory'], clock: Clock): Answering {
  /** By mark, when it went out. */
  let known: Promise<Map<string, number>> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function load(): Promise<Map<string, number>> {
    return new Map(Object.entries(JSON.parse((await memory.get(name)) ?? '{}') as Record<string, number>));
  }

  /** One after the other, so that none writes what another has changed. */
  function change<Result>(work: (marks: Map<string, number>) => Result): Promise<Result> {
    const next = last.then(async () => {
      const marks = await (known ??= load());
      const result = work(marks);
      // When the URL is dead, nothing can be sent twice.
      for (const [mark, at] of marks) if (at < clock.now() - responseLife) marks.delete(mark);
      await memory.set(name, JSON.stringify(Object.fromEntries(marks)));
      return result;
    });
    last = next.catch(() => {
      known = undefined;
    });
    return next;
  }

  return {
    begin: (mark) =>
      change((marks) => {
        if (marks.has(mark)) return false;
        marks.set(mark, clock.now());
        return true;
      }),
    refused: (mark) => change((marks) => void marks.delete(mark)),
  };
}
