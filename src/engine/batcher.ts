import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../errors.js';
import type { Mate } from './sharing.js';

/** One job's part of one U-Net call: a guided job has 2 rows (negative, positive), an unguided one 1. */
export interface Rows {
  /** Jobs of equal `shape` may share a call: model, latent shape, context length. */
  readonly shape: string;
  readonly count: number;
  /** By graph input; `data` is [count, ...rowDims]. */
  readonly inputs: Readonly<Record<string, { data: Float32Array; rowDims: readonly number[] }>>;
  /** When its job began, as a number that grows: the least goes first. As late as it comes when left out. */
  readonly place?: number;
  /** Calls that the job still needs, this one included, as far as known. */
  readonly left?: number;
  /** Shares its call with no other. */
  readonly alone?: boolean;
}

/** The inputs of a whole call; `data` is [count, ...], row-major. */
export type BatchInputs = Record<string, { data: Float32Array; dims: number[] }>;

export interface BatcherOptions {
  /** Runs the U-Net once on `count` rows; gives [count, ...] in the same order. Never called twice at a time. */
  run(shape: string, count: number, inputs: BatchInputs): Promise<Float32Array>;
  /** Told that so many jobs in one call were more than memory holds. */
  onTooMany?(shape: string, jobs: number): void;
  /**
   * How many jobs the next call carries, at least 1.
   *
   * @param mates those of that shape that wait, in the order of their places
   * @param behind how many others wait
   */
  width: number | ((shape: string, mates: readonly Mate[], behind: number) => number);
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
  readonly key: string;
  readonly place: number;
  readonly onCall?: (jobs: number) => void;
  done(result: Float32Array): void;
  failed(error: unknown): void;
}

/**
 * Shares U-Net calls between jobs, step by step. The job that began first is in every call until it is done, so that
 * none waits longer than those before it take; others of its shape join, in the order in which they began, as far as
 * `width` says: a new job joins at the next step. Nothing runs while no job waits.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  /** In the order of their places. */
  const waiting: Waiting[] = [];
  const calls = [0];
  let asked = 0;
  let rowsRun = 0;
  let working = false;

  async function work(): Promise<void> {
    working = true;
    do {
      // A turn of the event loop: every job just answered asks again, and new jobs and cancels come in.
      await turn();
      const batch = nextBatch();
      if (batch.length > 0) await serve(batch);
    } while (waiting.length > 0);
    working = false;
  }

  function nextBatch(): Waiting[] {
    const [first] = waiting;
    if (!first) return [];
    const mates = first.rows.alone ? [first] : waiting.filter(({ key }) => key === first.key);
    const batch = mates.slice(0, Math.max(1, Math.floor(widthOf(first.rows.shape, mates))));
    for (const taken of batch) waiting.splice(waiting.indexOf(taken), 1);
    return batch;
  }

  function widthOf(shape: string, mates: readonly Waiting[]): number {
    if (mates.length === 1) return 1;
    if (typeof options.width === 'number') return options.width;
    const jobs = mates.map(({ rows }) => rows);
    return options.width(shape, jobs, waiting.length - mates.length);
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
      if (batch.length === 1 || !(error instanceof UserError) || error.code !== 'out-of-memory') {
        for (const { failed } of batch) failed(error);
        return;
      }
      options.onTooMany?.(jobs[0]!.shape, batch.length);
      const half = Math.ceil(batch.length / 2);
      await serve(batch.slice(0, half));
      await serve(batch.slice(half));
    }
  }

  function denoise(rows: Rows, signal?: AbortSignal, onCall?: (jobs: number) => void): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw cancelled();
      const key = groupKey(rows);
      const cancel = () => {
        const index = waiting.indexOf(own);
        // Already in a call: its result is handed out, and the job sees the signal before its next step.
        if (index < 0) return;
        waiting.splice(index, 1);
        own.failed(cancelled());
      };
      const settle = <Value>(finish: (value: Value) => void) => {
        return (value: Value) => {
          signal?.removeEventListener('abort', cancel);
          finish(value);
        };
      };
      const place = rows.place ?? asked++;
      const own: Waiting = {
        ...{ rows, key, place, onCall, done: settle(resolve), failed: settle(reject) },
      };
      signal?.addEventListener('abort', cancel);
      waiting.splice(waiting.findLastIndex((other) => other.place <= place) + 1, 0, own);
      if (!working) void work();
    });
  }

  return {
    denoise,
    get stats() {
      return { rows: rowsRun, calls: Array.from(calls, (n) => n ?? 0), waiting: waiting.length };
    },
  };
}

/**
 * The inputs' names and dims count as well as the shape: jobs whose rows do not fit together never meet in a call,
 * so none fails for another's mistake.
 */
function groupKey({ shape, count, inputs, alone }: Rows): string {
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
  return `${shape} ${alone ? 'alone' : ''} ${dims.join(' ')}`;
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
