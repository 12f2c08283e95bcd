import { type BatchInputs, createBatcher, type Rows } from './batcher.js';
import type { Network } from './kept-sessions.js';
import type { UNetShape } from './networks/unet.js';
import type { Tensor } from './session.js';
import { createWidths, guessWidth, type Widths } from './widths.js';

/** The U-Nets of a process, by what the batcher calls their shapes: jobs of one name may share a call. */
export interface UNetCalls {
  readonly widths: Widths;
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

/**
 * @example
 * const calls = createUNetCalls();
 * const shape = calls.name('', { width: 64, height: 64, tokens: 77 }, model.unet({ width: 64, height: 64, tokens: 77 }));
 * const prediction = await calls.denoise({ shape, count: 2, inputs });
 */
export function createUNetCalls(): UNetCalls {
  const known = new Map<string, { readonly network: Network; readonly area: number }>();
  const widths = createWidths((name) => guessWidth(known.get(name)!.area));
  const batcher = createBatcher({ width: widths.of, run });

  async function run(name: string, count: number, inputs: BatchInputs): Promise<Float32Array> {
    const feeds: Record<string, Tensor> = {};
    for (const [input, { data, dims }] of Object.entries(inputs)) feeds[input] = feed(input, data, dims);
    const began = performance.now();
    const { out_sample } = await known.get(name)!.network.run(feeds);
    widths.observe(name, count, performance.now() - began);
    return out_sample!.data as Float32Array;
  }

  return {
    widths,
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
      }
    },
    denoise: batcher.denoise,
  };
}

/** Rows travel as floats; labels are places in a table. */
function feed(input: string, data: Float32Array, dims: readonly number[]): Tensor {
  if (input !== 'class_labels') return { dtype: 'float32', data, dims };
  return { dtype: 'int64', data: BigInt64Array.from(data, BigInt), dims };
}
