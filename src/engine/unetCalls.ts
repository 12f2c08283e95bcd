import { type BatchInputs, createBatcher, type Rows } from './batcher.js';
import type { Network } from './kept-sessions.js';
import type { UNetShape } from './networks/unet.js';
import { repeatedRows } from './repeatedRows.js';
import type { Tensor } from './session.js';
import { jobsToShare, type Mate } from './sharing.js';
import { timeCalls } from './timeCalls.js';
import { createWidths, guessWidth } from './widths.js';

/** The U-Nets of a process, by what the batcher calls their shapes: jobs of one name may share a call. */
export interface UNetCalls {
  /** A place in the order in which jobs are drawn: each is behind all that were given before. */
  place(): number;
  /**
   * Draws once, and then finds with the U-Net it drew with how many jobs are worth a call. Whoever draws meanwhile goes
   * first.
   *
   * @param draw gives the name of its U-Net
   * @returns how many jobs like that
   */
  measure(draw: () => Promise<string>): Promise<number>;
  /**
   * Makes a network known, and gives the name to ask for it by.
   *
   * @param variant what tells this U-Net from others of its shape: the model, its LoRAs, its ControlNet
   */
  name(variant: string, shape: UNetShape, network: Network): string;
  /** Keeps a network at hand for a drawing, until what this gives is called. */
  hold(name: string): () => void;
  /** Lets go of all networks of a variant, which nobody draws with any more. */
  forget(variant: string): void;
  /** As the batcher's; `rows.shape` is a name from here. */
  denoise(rows: Rows, signal?: AbortSignal, onCall?: (jobs: number) => void): Promise<Float32Array>;
}

export interface UNetCallsOptions {
  /**
   * Whether measuring runs each number of rows that jobs can come to once: on CUDA the first call of each searches for
   * its kernels, for seconds, which nobody should wait for in the middle of a picture.
   */
  readonly everyCount?: boolean;
  /** Milliseconds of a clock that only goes forward; the machine's when left out. */
  now?(): number;
}

/**
 * @example
 * const calls = createUNetCalls();
 * const shape = calls.name('', { width: 64, height: 64, tokens: 77 }, model.unet({ width: 64, height: 64, tokens: 77 }));
 * const prediction = await calls.denoise({ shape, count: 2, inputs });
 */
export function createUNetCalls(options: UNetCallsOptions = {}): UNetCalls {
  const { everyCount = false, now = () => performance.now() } = options;
  const known = new Map<string, { readonly network: Network; readonly area: number }>();
  /** Jobs that one call may carry, by name, since more were once more than memory holds. */
  const limits = new Map<string, number>();
  const widths = createWidths(nearest);
  const batcher = createBatcher({ width, run, onTooMany });
  let places = 0;
  /** The first part of a call that each U-Net was asked for, while something is measured. */
  let asked: Map<string, Rows> | undefined;

  /** The smallest that is as large: what gains there gains at least as much here. */
  function nearest(name: string, measured: readonly string[]): string | undefined {
    const area = (name: string) => known.get(name)?.area ?? 0;
    const larger = measured.filter((other) => area(other) >= area(name));
    return larger.sort((a, b) => area(a) - area(b))[0];
  }

  function onTooMany(name: string, jobs: number): void {
    limits.set(name, Math.max(1, Math.floor(jobs / 2)));
  }

  function width(name: string, mates: readonly Mate[], behind: number): number {
    if (known.get(name)?.network.alone) return 1;
    return Math.min(worthWhile(name, mates, behind), limits.get(name) ?? Number.POSITIVE_INFINITY);
  }

  function worthWhile(name: string, mates: readonly Mate[], behind: number): number {
    const pace = widths.pace(name);
    if (!pace) return guessWidth(known.get(name)!.area);
    // With as many here as the line lets in, it is taken that as many again are behind them.
    const here = mates.length + behind;
    const full = here * mates[0]!.count >= pace.rows;
    return jobsToShare(mates, behind + (full ? here : 0), pace);
  }

  function denoise(rows: Rows, signal?: AbortSignal, onCall?: (jobs: number) => void) {
    if (asked && !asked.has(rows.shape)) asked.set(rows.shape, rows);
    return batcher.denoise(rows, signal, onCall);
  }

  async function run(name: string, count: number, inputs: BatchInputs): Promise<Float32Array> {
    const feeds: Record<string, Tensor> = {};
    for (const [input, { data, dims }] of Object.entries(inputs)) feeds[input] = feed(input, data, dims);
    const began = now();
    const { out_sample } = await known.get(name)!.network.run(feeds);
    widths.observe(name, count, now() - began);
    return out_sample!.data as Float32Array;
  }

  async function runCounts(like: Rows, jobs: number): Promise<void> {
    for (let count = like.count; count <= jobs * like.count; count += like.count) {
      if (widths.perRow(like.shape, count) === undefined) await batcher.denoise(repeatedRows(like, count));
    }
  }

  return {
    place: () => places++,
    async measure(draw) {
      asked = new Map();
      const like = await draw()
        .then((name) => asked?.get(name))
        .finally(() => {
          asked = undefined;
        });
      // Drawn without a call of the U-Net, or so long ago that it was forgotten.
      if (!like) return 1;
      await timeCalls({ like, run: batcher.denoise, widths, now }).finally(() => widths.settle(like.shape));
      const jobs = Math.max(1, Math.floor((widths.pace(like.shape)?.rows ?? 1) / like.count));
      if (everyCount) await runCounts(like, jobs);
      return jobs;
    },
    name(variant, { width, height, tokens }, network) {
      const name = `${variant} ${width}×${height}/${tokens}`;
      known.set(name, { network, area: width * height });
      return name;
    },
    hold: (name) => known.get(name)!.network.hold(),
    forget(variant) {
      for (const name of known.keys()) {
        // Its ControlNets' names begin with its own.
        if (!name.startsWith(`${variant} `)) continue;
        known.delete(name);
        widths.forget(name);
        limits.delete(name);
      }
    },
    denoise,
  };
}

/** Rows travel as floats; labels are places in a table. */
function feed(input: string, data: Float32Array, dims: readonly number[]): Tensor {
  if (input !== 'class_labels') return { dtype: 'float32', data, dims };
  return { dtype: 'int64', data: BigInt64Array.from(data, BigInt), dims };
}
