import { expect, it } from 'vitest';
import { resizeLatents } from '../../src/engine/resizeLatents.js';

const squares = [0, 1, 4, 9, 16, 25];

it.each([
  [{ width: 5, height: 3 }, [0, 0.4, 1, 2.8, 4, 4.5, 6.1, 8.5, 12.1, 14.5, 9, 11.8, 16, 21.4, 25]],
  [{ width: 2, height: 1 }, [5.5, 13]],
  [{ width: 3, height: 2 }, squares],
])('latents become what torch.nn.functional.interpolate makes of them, at %o', (size, wanted) => {
  // Two channels, the second one higher by 100.
  const latents = Float32Array.of(...squares, ...squares.map((value) => value + 100));
  const both = [...wanted, ...wanted.map((value) => value + 100)];
  const resized = resizeLatents(latents, { width: 3, height: 2 }, size);
  expect(resized).toHaveLength(both.length);
  for (const [i, value] of resized.entries()) expect(value).toBeCloseTo(both[i]!, 4);
});
