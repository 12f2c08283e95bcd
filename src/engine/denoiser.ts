import type { Rows } from './batcher.js';
import type { Denoise } from './schedulers/scheduler.js';
import type { UNetCalls } from './unetCalls.js';

/** An input of the U-Net for one row. */
export interface RowInput {
  readonly data: Float32Array;
  readonly rowDims: readonly number[];
}

/** One row of each call: everything the U-Net takes besides the latents and the timestep. */
export interface Condition {
  readonly inputs: Readonly<Record<string, RowInput>>;
  /** Channels [K,h,w] that stand behind the latents, as an inpainting model's mask and masked picture. */
  readonly extra?: Float32Array;
}

/** The rows of each call, and how their predictions [C',h,w] become one. */
export interface Guided {
  readonly conditions: readonly Condition[];
  combine(predictions: readonly Float32Array[]): Float32Array;
}

/** What one call of the U-Net asks, besides its rows. */
export interface UNetCall {
  /** A name from `UNetCalls`. */
  readonly shape: string;
  /** One for every row, or each row's own. */
  readonly inputs?: Readonly<Record<string, RowInput | readonly RowInput[]>>;
}

export interface DenoiserOptions extends Guided {
  readonly calls: Pick<UNetCalls, 'denoise'>;
  /** Of the `n`th call, from 0: the calls of a draw are the steps that are left, in order. */
  call(n: number): UNetCall;
  /** Height and width of the latents. */
  readonly size: { readonly width: number; readonly height: number };
  readonly signal: AbortSignal;
  /** From `UNetCalls`; as late as its calls come when left out. */
  readonly place?: number;
  /** Calls that are to come, as far as known. */
  readonly steps?: number;
  /** Told how many jobs each call of the U-Net carried. */
  onCall?(jobs: number): void;
}

/**
 * One job's calls of the U-Net: a row for each condition, combined to one prediction.
 *
 * @example
 * const guided = classifierFree(unet, context, settings);
 * const denoise = createDenoiser({ ...guided, calls, call: () => ({ shape }), size, signal });
 * const prediction = await denoise(latents, 981);
 */
export function createDenoiser(options: DenoiserOptions): Denoise {
  const { calls, call, conditions, combine, size, signal, place, steps, onCall } = options;
  const count = conditions.length;
  const constant = stacked(conditions);
  const each = (input: RowInput | readonly RowInput[]) => {
    const all = 'data' in input ? conditions.map(() => input) : input;
    return { data: joined(all.map(({ data }) => data)), rowDims: all[0]!.rowDims };
  };
  const area = size.width * size.height;
  let n = 0;

  return async (x, timestep) => {
    const left = steps && Math.max(1, steps - n);
    const { shape, inputs: more = {} } = call(n++);
    const samples = conditions.map(({ extra }) => (extra ? joined([x, extra]) : x));
    const channels = samples[0]!.length / area;
    const inputs: Rows['inputs'] = {
      sample: { data: joined(samples), rowDims: [channels, size.height, size.width] },
      timestep: each({ data: Float32Array.of(timestep), rowDims: [] }),
      ...constant,
      ...Object.fromEntries(Object.entries(more).map(([name, input]) => [name, each(input)])),
    };
    const output = await calls.denoise({ shape, count, inputs, place, left }, signal, onCall);
    const length = output.length / count;
    return combine(conditions.map((_, i) => output.subarray(i * length, (i + 1) * length)));
  };
}

/** Each input's rows, one after another. */
function stacked(conditions: readonly Condition[]): Rows['inputs'] {
  const all: Record<string, RowInput> = {};
  for (const [name, { rowDims }] of Object.entries(conditions[0]!.inputs)) {
    all[name] = { data: joined(conditions.map(({ inputs }) => inputs[name]!.data)), rowDims };
  }
  return all;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
