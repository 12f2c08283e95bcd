import { UserError } from '../errors.js';
import type { Death } from './death.js';
import type { WarmUp } from './drawing.js';
import { closedError, type EngineProcess } from './fork.js';

/** What happens to the engine's processes, for the log. */
export type EngineEvent =
  | { readonly type: 'opened'; readonly pid: number; readonly milliseconds: number }
  /** A process ended that nobody asked to. `output` is the last of what it wrote; the draws in it reject on their own. */
  | {
      readonly type: 'died';
      readonly code: number | null;
      readonly signal: string | null;
      readonly output: string;
    }
  | { readonly type: 'recycled'; readonly memoryMb: number }
  /** The process is above the ceiling from its first picture on, so that replacing it would gain nothing. */
  | { readonly type: 'ceiling-too-low'; readonly memoryMb: number };

export interface KeeperOptions {
  fork(onEnd: (death: Death, closed: boolean) => void): EngineProcess;
  /** Private memory of a process in bytes, above which it is replaced. */
  readonly ceiling: number;
  onEvent?(event: EngineEvent): void;
}

/** Keeps one engine process at hand, and another after it. */
export interface Keeper {
  readonly pid: number | undefined;
  /** Bytes of private memory of the process that takes calls, as it last told. */
  readonly memory: number;
  /** The process that takes calls, opened; starts one when there is none. Rejects when it cannot be opened. */
  ready(): Promise<EngineProcess>;
  /** To be told after each draw: replaces the process when it holds too much memory, once its draws are done. */
  drew(child: EngineProcess): void;
  /** Has a process run the networks once for each of these sizes, and each process that follows it. */
  warm(child: EngineProcess, sizes: readonly WarmUp[]): Promise<void>;
  /** Ends every process; nothing starts any more. */
  close(): Promise<void>;
}

const bytesPerMb = 2 ** 20;
/** Processes that ended while they warmed up, one after the other, until none warms up any more: it is that what ends them. */
const mostWarmDeaths = 2;

/**
 * Starts processes with `fork` as they are needed. A process that dies is followed by another at once when it had
 * drawn a picture, else with the next call: a model or a machine that kills every process never makes a loop.
 */
export function createKeeper({ fork, ceiling, onEvent }: KeeperOptions): Keeper {
  const processes = new Set<EngineProcess>();
  /** The process that takes calls, or will once it is open or the one before it is gone. */
  let current: Promise<EngineProcess> | undefined;
  let live: EngineProcess | undefined;
  let warmSizes: readonly WarmUp[] = [];
  let warmDeaths = 0;
  let closing: Promise<void> | undefined;

  async function start(): Promise<EngineProcess> {
    if (closing) throw closedError();
    const began = performance.now();
    const child = fork((death, closed) => ended(child, death, closed));
    processes.add(child);
    try {
      await child.opened;
    } catch (error) {
      await child.close();
      throw error;
    }
    live = child;
    onEvent?.({ type: 'opened', pid: child.pid ?? 0, milliseconds: performance.now() - began });
    // What goes wrong here goes wrong again, and is told, when somebody draws at that size.
    if (warmSizes.length > 0) warm(child).catch(() => {});
    return child;
  }

  async function warm(child: EngineProcess): Promise<void> {
    try {
      await child.warm(warmSizes);
      warmDeaths = 0;
    } catch (error) {
      const died = error instanceof UserError && ['engine-died', 'engine-hung'].includes(error.code);
      if (died) warmDeaths += 1;
      // Whoever asks for another size would die of it with each process.
      if (warmDeaths >= mostWarmDeaths) warmSizes = [];
      throw error;
    }
  }

  function ended(child: EngineProcess, { code, signal, output }: Death, closed: boolean): void {
    processes.delete(child);
    if (live === child) current = live = undefined;
    if (closed) return;
    onEvent?.({ type: 'died', code, signal, output });
    if (child.drawn > 0 && !current) become(start());
  }

  function become(next: Promise<EngineProcess>): Promise<EngineProcess> {
    current = next;
    // Whoever waits for it gets the error; the next call tries again.
    next.catch(() => {
      if (current === next) current = undefined;
    });
    return next;
  }

  async function replace(child: EngineProcess): Promise<EngineProcess> {
    await child.idle();
    await child.close();
    return start();
  }

  return {
    get pid() {
      return live?.pid;
    },

    get memory() {
      return live?.memory.latest ?? 0;
    },

    async ready() {
      if (closing) throw closedError();
      return current ?? become(start());
    },

    drew(child) {
      const { first, latest } = child.memory;
      if (child !== live || closing || latest <= ceiling) return;
      const memoryMb = Math.round(latest / bytesPerMb);
      if (first > ceiling) {
        if (child.drawn === 1) onEvent?.({ type: 'ceiling-too-low', memoryMb });
        return;
      }
      live = undefined;
      onEvent?.({ type: 'recycled', memoryMb });
      become(replace(child));
    },

    warm(child, sizes) {
      warmSizes = sizes;
      return warm(child);
    },

    close() {
      closing ??= Promise.all([...processes].map((child) => child.close())).then(() => {});
      return closing;
    },
  };
}
