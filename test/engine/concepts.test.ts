import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { readTensor } from '../../src/engine/checkpoint/safetensors.js';
import { type Concepts, isFlagged, likenesses } from '../../src/engine/concepts.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { differenceOf } from '../fixtures/difference.js';
import { checkedFamily, recordedSafety } from '../fixtures/safety.js';

const recorded = await recordedSafety();
const { safetyChecker } = await openCheckpoint(await checkpointFolder(checkedFamily), {
  cacheFolder: join(tmpdir(), 'kiln-fixtures', 'cache'),
});
const { tensors } = await safetyChecker!.weights();
const read = async (name: string): Promise<Concepts> => ({
  embeds: await readTensor(tensors.get(name)!),
  thresholds: await readTensor(tensors.get(`${name}_weights`)!),
});
const concepts = { special: await read('special_care_embeds'), bad: await read('concept_embeds') };

test.each(recorded.pictures)('$file is as like each concept as diffusers has it', (judged) => {
  for (const [found, wanted] of [
    [likenesses(judged.imageEmbeds.data, concepts.special), judged.specialCosines],
    [likenesses(judged.imageEmbeds.data, concepts.bad), judged.cosines],
  ] as const) {
    const { difference } = differenceOf(found, wanted.data);
    // Sums of sixteen products in another order.
    expect(difference, 'largest difference of a cosine').toBeLessThan(1e-6);
  }
});

test('diffusers flags the same embeddings, near a threshold, past the adjustment and within the rounding', () => {
  const [count, size] = recorded.embeds.shape as [number, number];
  const flagged = Array.from({ length: count }, (_, i) =>
    isFlagged(recorded.embeds.data.subarray(i * size, (i + 1) * size), concepts),
  );
  expect(flagged).toEqual(recorded.embedsFlagged);
});

describe('a picture that nothing can be said of is neither safe nor flagged', () => {
  test.each([
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('where its embedding is %s', (_, value) => {
    const image = new Float32Array(16).fill(1);
    image[3] = value;
    expect(() => isFlagged(image, concepts)).toThrow(/^Cannot compare a picture with concept 0: NaN$/);
  });
});
