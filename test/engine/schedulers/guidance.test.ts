import { expect, test } from 'vitest';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { guide, rescaleGuidance } from '../../../src/engine/schedulers/guidance.js';
import { count, difference, golden, unpack } from './golden.js';

interface Row {
  readonly scale: number;
  readonly rescale: number;
  readonly guided: string;
  readonly rescaled: string;
}

const tolerance = 1e-6;
const generator = createGenerator(7);

test.each(golden<Row>('guidance'))('guidance $scale, rescaled by $rescale, is that of diffusers', (row) => {
  const both = generator.randn(2 * count);
  const [negative, positive] = [both.subarray(0, count), both.subarray(count)];
  const guided = guide(negative, positive, row.scale);
  const off = Math.max(
    difference(guided, unpack(row.guided)),
    difference(rescaleGuidance(guided, positive, row.rescale), unpack(row.rescaled)),
  );
  expect(off, `largest difference ${off}`).toBeLessThanOrEqual(tolerance);
});
