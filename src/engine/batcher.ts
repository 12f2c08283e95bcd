import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../errors.js';

/** One job's part of one U-Net call: a guided job has 2 rows (negative, positive), an unguided one 1. */
export interface Rows {
  /** Jobs of equal `shape` may share a call: model, latent shape, context length. */
  readonly shape: string;
  readonly count: number;
  /** By graph input; `data` is [count, ...rowDims]. */
  readonly inputs: Readonly<Record<string, { data: Float32Array; rowDims: readonly number[] }>>;
}

/** The inputs of a whole call; `data` is [count, ...], row-major. */
export type BatchInputs = Record<string, { data: Float32Array; dims: number[] }>;

export interface BatcherOptions {
  /** Runs the U-Net once on `count` rows; gives [count, ...] in the same order. Never called twice at a time. */
  run(shape: string, count: number, inputs: BatchInputs): Promise<Float32Array>;
  /** Most jobs in one call, at least 1. */
  width: number | ((shape: string) => number);
}

/** Counts since the batcher was made. */
export interface BatcherStats {
  readonly rows: number;
  /** `calls[n]` is how many calls carried n jobs; `calls[0]` is always 0. */
  readonly calls: readonly number[];
  readonly waiting: number;
}

export interface Batcher {
  /**
   * Puts one job's rows into the next call that has room and gives the result of exactly these rows. A job calls
   * it once a step and waits for the answer before the next.
   *
   * @param onCall told how many jobs the call carried, this one included, when it has succeeded.
   * @returns [rows.count, ...] in an array of its own.
   * @throws UserError `cancelled` when `signal` aborts while the rows wait; what `run` threw, for all in that call.
   * @example const noise = await batcher.denoise({ shape: '4x64x64/77', count: 2, inputs }, signal);
   */
  denoise(rows: Rows, signal?: AbortSignal, onCall?: (jobs: number) => void): Promise<Float32Array>;
  readonly stats: BatcherStats;
}

interface Waiting {
  readonly rows: Rows;
  readonly onCall?: (jobs: number) => void;
  done(result: Float32Array): void;
  failed(error: unknown): void;
}

/**
 * Shares U-Net calls between jobs, step by step: each call takes the jobs of one shape that wait longest, up to the
 * width, so a new job joins at the next step of the others. Shapes take turns; a job that was just served queues
 * behind every job of its shape that was not. Nothing runs while no job waits.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  // In the order of their turns: a shape that was served goes to the end.
  const turns = new Map<string, Waiting[]>();
  const calls = [0];
  let rowsRun = 0;
  let working = false;

  async function work(): Promise<void> {
    working = true;
    do {
      // A turn of the event loop: every job just answered asks again, and new jobs and cancels come in.
      await turn();
      const batch = nextBatch();
      if (batch.length > 0) await serve(batch);
    } while (turns.size > 0);
    working = false;
  }

  function nextBatch(): Waiting[] {
    const [key, queue] = turns.entries().next().value ?? [];
    if (key === undefined || queue === undefined) return [];
    const shape = queue[0]!.rows.shape;
    const width = typeof options.width === 'function' ? options.width(shape) : options.width;
    const batch = queue.splice(0, Math.max(1, Math.floor(width)));
    turns.delete(key);
    if (queue.length > 0) turns.set(key, queue);
    return batch;
  }

  async function serve(batch: readonly Waiting[]): Promise<void> {
    const jobs = batch.map((waiting) => waiting.rows);
    const count = jobs.reduce((sum, { count }) => sum + count, 0);
    try {
      calls[jobs.length] = (calls[jobs.length] ?? 0) + 1;
      rowsRun += count;
      const result = await options.run(jobs[0]!.shape, count, joined(jobs, count));
      if (result.length % count !== 0) {
        throw new Error(
          `Cannot share out a U-Net call: ${result.length} values, want a multiple of ${count} rows`,
        );
      }
      const size = result.length / count;
      let row = 0;
      for (const { rows, onCall, done } of batch) {
        onCall?.(batch.length);
        done(result.slice(row * size, (row += rows.count) * size));
      }
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  function denoise(rows: Rows, signal?: AbortSignal, onCall?: (jobs: number) => void): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw cancelled();
      const key = groupKey(rows);
      const cancel = () => {
        const queue = turns.get(key);
        const place = queue?.indexOf(waiting) ?? -1;
        // Already in a call: its result is handed out, and the job sees the signal before its next step.
        if (!queue || place < 0) return;
        queue.splice(place, 1);
        if (queue.length === 0) turns.delete(key);
        waiting.failed(cancelled());
      };
      const settle = <Value>(finish: (value: Value) => void) => {
        return (value: Value) => {
          signal?.removeEventListener('abort', cancel);
          finish(value);
        };
      };
      const waiting: Waiting = { rows, onCall, done: settle(resolve), failed: settle(reject) };
      signal?.addEventListener('abort', cancel);
      const queue = turns.get(key);
      if (queue) queue.push(waiting);
      else turns.set(key, [waiting]);
      if (!working) void work();
    });
  }

  return {
    denoise,
    get stats() {
      const waiting = [...turns.values()].reduce((sum, queue) => sum + queue.length, 0);
      return { rows: rowsRun, calls: Array.from(calls, (n) => n ?? 0), waiting };
    },
  };
}

/**
 * The inputs' names and dims count as well as the shape: jobs whose rows do not fit together never meet in a call,
 * so none fails for another's mistake.
 */
function groupKey({ shape, count, inputs }: Rows): string {
  const names = Object.keys(inputs).sort();
  const dims = names.map((name) => {
    const { data, rowDims } = inputs[name]!;
    const wanted = count * product(rowDims);
    if (count < 1 || data.length !== wanted) {
      throw new Error(
        `Cannot batch input ${name}: ${data.length} values, want ${count}×${rowDims.join('×')}`,
      );
    }
    return `${name}[${rowDims}]`;
  });
  return `${shape} ${dims.join(' ')}`;
}

/** One array per input, the jobs' rows one after another; a job alone keeps its own. */
function joined(jobs: readonly Rows[], count: number): BatchInputs {
  const inputs: BatchInputs = {};
  for (const [name, { data, rowDims }] of Object.entries(jobs[0]!.inputs)) {
    const dims = [count, ...rowDims];
    if (jobs.length === 1) {
      inputs[name] = { data, dims };
      continue;
    }
    const all = new Float32Array(product(dims));
    let at = 0;
    for (const job of jobs) {
      const part = job.inputs[name]!.data;
      all.set(part, at);
      at += part.length;
    }
    inputs[name] = { data: all, dims };
  }
  return inputs;
}

function product(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}

function cancelled(): UserError {
  return new UserError('cancelled', 'Cancelled while waiting for the next step');
}
