import { boxMuller } from './boxmuller.js';
import { createMersenneTwister } from './mersenne.js';

/** A stream of normal noise: each call continues where the last one ended. */
export interface Generator {
  /** `count` values of mean 0 and standard deviation 1. */
  randn(count: number): Float32Array;
}

/** torch has another method, in doubles and one pair at a time, for tensors smaller than this. */
const block = 16;

/**
 * torch's CPU generator: `createGenerator(seed).randn(n)` is, bit for bit,
 * `torch.randn(n, generator=torch.Generator('cpu').manual_seed(seed))` on an x86-64 machine with AVX2 or
 * AVX-512, and further calls continue the stream as further calls of `torch.randn` do. A tensor's shape changes
 * nothing, only its number of elements does. The seed's low 32 bits count, as in torch.
 *
 * Source: aten/src/ATen/native/cpu/DistributionTemplates.h (`normal_fill`) and
 * ATen/core/DistributionsHelper.h.
 *
 * @example createGenerator(0).randn(4 * 64 * 64)[0]; // -1.1258398294448853
 */
export function createGenerator(seed: number): Generator {
  const word = createMersenneTwister(seed);
  /** The second value of the last pair that the short method made. */
  let spare: number | undefined;

  const uniformFloat = () => (word() & 0xffffff) * 2 ** -24;
  const uniformDouble = () => {
    const high = word() & 0x1fffff;
    return (high * 2 ** 32 + word()) * 2 ** -53;
  };

  function next(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const theta = 2 * Math.PI * uniformDouble();
    const radius = Math.sqrt(-2 * Math.log1p(-uniformDouble()));
    spare = radius * Math.sin(theta);
    return radius * Math.cos(theta);
  }

  return {
    randn(count) {
      const values = new Float32Array(count);
      if (count < block) return values.map(next);
      for (let i = 0; i < count; i++) values[i] = uniformFloat();
      for (let i = 0; i + block <= count; i += block) boxMuller(values, i);
      if (count % block !== 0) {
        // torch makes the last 16 anew, from fresh uniforms, over what the full blocks left there.
        const last = count - block;
        for (let i = last; i < count; i++) values[i] = uniformFloat();
        boxMuller(values, last);
      }
      return values;
    },
  };
}
