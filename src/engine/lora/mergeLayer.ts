import { readTensor, type TensorInfo } from '../checkpoint/safetensors.js';
import { inputLengths, rowLengths, scaleBy, type WeightShape } from './dora.js';
import type { Multiply } from './multiply.js';
import type { Product } from './product.js';

/** What one LoRA does to one weight. */
export interface Change {
  /** How strongly the LoRA is wanted. */
  readonly weight: number;
  /** What its product is multiplied by besides: alpha / rank. */
  readonly scale: number;
  readonly delta: Product | undefined;
  /** DoRA: how long each row (or input) of the weight becomes, in PEFT's or in LyCORIS' way. */
  readonly lengths?: {
    readonly info: TensorInfo;
    readonly kind: 'peft' | 'lycoris';
    readonly by: 'row' | 'input';
  };
}

// torch.finfo(torch.float32).eps, which LyCORIS adds to a length that it divides by.
const epsilon = 2 ** -23;

/**
 * A weight with LoRAs in it, one after the other: W + weight·(alpha/rank)·Δ, and for DoRA
 * - PEFT's: m / ‖W₀ + weight·s·Δ‖ · (W + weight·s·Δ), W₀ being the weight without any LoRA;
 * - LyCORIS': V = W + s·Δ, of which W + weight·(m / ‖V‖ · V − W) is taken.
 *
 * @param base the weight as the checkpoint has it; it is changed
 * @example await mergeLayer(weight, { rows: 320, inputs: 768, kernel: 1 }, [{ weight: 0.8, scale: 1, delta }], multiply);
 */
export async function mergeLayer(
  base: Float32Array,
  shape: WeightShape,
  changes: readonly Change[],
  multiply: Multiply,
): Promise<Float32Array> {
  const original =
    changes.some(({ lengths }) => lengths?.kind === 'peft') && changes.length > 1 ? base.slice() : base;
  for (const { weight, scale, delta, lengths } of changes) {
    const values = (await delta?.compute(multiply)) ?? new Float32Array(base.length);
    if (!lengths) addScaled(base, values, weight * scale);
    else {
      const wanted = await readTensor(lengths.info);
      const merge = lengths.kind === 'peft' ? likePeft : likeLycoris;
      merge({ base, original, values, shape, weight, scale, wanted, by: lengths.by });
    }
  }
  return base;
}

interface Dora {
  readonly base: Float32Array;
  readonly original: Float32Array;
  readonly values: Float32Array;
  readonly shape: WeightShape;
  readonly weight: number;
  readonly scale: number;
  readonly wanted: Float32Array;
  readonly by: 'row' | 'input';
}

function likePeft({ base, original, values, shape, weight, scale, wanted }: Dora): void {
  const measured = original.slice();
  addScaled(measured, values, weight * scale);
  const factors = rowLengths(measured, shape).map((length, row) => wanted[row]! / length);
  addScaled(base, values, weight * scale);
  scaleBy(base, factors, shape, 'row');
}

function likeLycoris({ base, values, shape, weight, scale, wanted, by }: Dora): void {
  const merged = base.slice();
  addScaled(merged, values, scale);
  const lengths = by === 'row' ? rowLengths(merged, shape) : inputLengths(merged, shape);
  scaleBy(
    merged,
    lengths.map((length, i) => wanted[i]! / (length + epsilon)),
    shape,
    by,
  );
  for (let i = 0; i < base.length; i++) base[i]! += weight * (merged[i]! - base[i]!);
}

function addScaled(target: Float32Array, values: Float32Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * values[i]!;
}
