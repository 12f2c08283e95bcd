import { inspect } from 'node:util';
import type { Logger } from '../../src/logger.js';

/** What is logged as an error: what Kiln did not foresee. */
export interface Defects {
  readonly logger: Logger;
  /** The first as text, with its cause; undefined while there is none. */
  readonly first: string | undefined;
  /** Calls to the fakes that were given up for their length. */
  readonly late: number;
}

/** @example const defects = createDefects(); await startRoom({ logger: defects.logger }); */
export function createDefects(): Defects {
  const found: string[] = [];
  let late = 0;
  const error = (facts: unknown, words?: string) => {
    // What Slack's own package says of what it refuses, and where it stumbles itself.
    if (words === 'slack' || /node_modules.@slack.bolt/.test(`${(facts as { at?: unknown })?.at}`)) return;
    const cause = (facts as { error?: unknown } | undefined)?.error;
    // Everything is in one process on a machine that may be busy: how soon it answers is measured elsewhere.
    if (cause instanceof Error && /aborted due to timeout|This operation was aborted/.test(cause.message)) {
      late += 1;
      return;
    }
    const shown = cause instanceof Error ? inspect(cause, { depth: 6 }) : JSON.stringify(facts);
    found.push(`${words}: ${shown}`);
  };
  const quiet = () => {};
  return {
    logger: { debug: quiet, info: quiet, warn: quiet, error } as unknown as Logger,
    get first() {
      return found[0];
    },
    get late() {
      return late;
    },
  };
}
