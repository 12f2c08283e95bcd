import { describe, expect, it } from 'vitest';
import {
  latentsForDecoder,
  latentsFromMoments,
  pixelsFromSample,
  sampleFromPixels,
} from '../../src/engine/latents.js';

describe('latents', () => {
  const scale = { scalingFactor: 0.5, mean: [1, -1], std: [2, 4] };

  it('are sampled from the moments and normalised per channel', () => {
    const moments = Float32Array.of(3, 5, 0, Math.log(4));
    const latents = latentsFromMoments(moments, Float32Array.of(1, 1), scale);
    expect([...latents]).toEqual([((3 + 1 - 1) * 0.5) / 2, ((5 + 2 + 1) * 0.5) / 4]);
  });

  it('come back through the decoder’s scaling', () => {
    const moments = Float32Array.of(0.25, -3, -30, -30);
    const latents = latentsFromMoments(moments, new Float32Array(2), scale);
    expect([...latentsForDecoder(latents, scale)]).toEqual([0.25, -3]);
  });

  it('with extreme log variances stay finite', () => {
    const latents = latentsFromMoments(Float32Array.of(0, 1e9), Float32Array.of(1), { scalingFactor: 1 });
    expect(latents[0]).toBeCloseTo(Math.exp(10), 1);
  });
});

describe('pixels', () => {
  it.each([
    ['black', -1, 0],
    ['white', 1, 255],
    ['beyond white', 7, 255],
    ['beyond black', -7, 0],
    ['a half, rounded to even', (2 * 0.5) / 255 - 1, 0],
  ])('of %s', (_, value, expected) => {
    expect(pixelsFromSample(new Float32Array(3).fill(value), 1, 1).data[0]).toBe(expected);
  });

  it('are the same after the way to a sample and back', () => {
    const data = Uint8Array.from({ length: 256 * 3 }, (_, i) => i & 255);
    expect(pixelsFromSample(sampleFromPixels({ width: 256, height: 1, data }), 256, 1).data).toEqual(data);
  });
});
