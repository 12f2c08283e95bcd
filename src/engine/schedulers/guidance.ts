import { add, mul, sub } from './float32.js';

/**
 * Classifier-free guidance: from the predictions without and with the prompt, `[C·h·w]` each.
 * `scale` 1 gives the conditional one. Paper: https://arxiv.org/abs/2207.12598.
 *
 * @example guide(unconditional, conditional, 7.5);
 */
export function guide(unconditional: Float32Array, conditional: Float32Array, scale: number): Float32Array {
  return add(unconditional, mul(scale, sub(conditional, unconditional)));
}

/**
 * Takes a guided prediction back towards the conditional one's standard deviation, by the share `rescale` (0
 * to 1), against overexposure. Section 3.4 of https://arxiv.org/abs/2305.08891; diffusers'
 * `rescale_noise_cfg`.
 *
 * @example rescaleGuidance(guided, conditional, 0.7);
 */
export function rescaleGuidance(
  guided: Float32Array,
  conditional: Float32Array,
  rescale: number,
): Float32Array {
  const factor = Math.fround(deviation(conditional) / deviation(guided));
  return add(mul(rescale, mul(guided, factor)), mul(1 - rescale, guided));
}

/** With Bessel's correction, as `torch.std`. */
function deviation(values: Float32Array): number {
  let mean = 0;
  for (const value of values) mean += value;
  mean /= values.length;
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return Math.fround(Math.sqrt(sum / (values.length - 1)));
}
