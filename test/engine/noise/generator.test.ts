import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createGenerator } from '../../../src/engine/noise/generator.js';

interface Draw {
  readonly count: number;
  readonly bits?: string;
  readonly sha256?: string;
}
interface Golden {
  readonly cases: readonly { readonly seed: number; readonly draws: readonly Draw[] }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/noise/randn.json', import.meta.url), 'utf8'),
) as Golden;

describe('noise is torch.randn of a CPU generator, bit for bit', () => {
  test.each(
    golden.cases.map(({ seed, draws }) => [seed, draws.map((d) => d.count).join(', '), draws] as const),
  )('seed %i, tensors of %s drawn one after another', (seed, _, draws) => {
    const generator = createGenerator(seed);
    const found = draws.map(({ count, bits }) => {
      const bytes = Buffer.from(generator.randn(count).buffer);
      return bits === undefined
        ? { count, sha256: createHash('sha256').update(bytes).digest('hex') }
        : { count, bits: bytes.toString('hex') };
    });
    expect(found).toEqual(draws);
  });
});

test('a seed keeps its low 32 bits, as in torch', () => {
  expect(createGenerator(2 ** 32 + 7).randn(20)).toEqual(createGenerator(7).randn(20));
});

test('nothing is drawn for a tensor without elements', () => {
  const generator = createGenerator(3);
  expect(generator.randn(0).length).toBe(0);
  expect(generator.randn(16)).toEqual(createGenerator(3).randn(16));
});
