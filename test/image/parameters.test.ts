import { expect, test } from 'vitest';
import { formatParameters } from '../../src/image/parameters.js';

const picture = {
  prompt: 'a happy dog',
  width: 128,
  height: 64,
  steps: 20,
  guidance: 3,
  seed: 7,
  scheduler: 'ddim',
  model: 'sprite',
  device: 'cpu',
  warnings: [],
};

test('settings read as A1111 writes them', () => {
  expect(formatParameters({ ...picture, negative: 'blurry, dark', strength: 0.6 }, '0.1.0')).toBe(
    [
      'a happy dog',
      'Negative prompt: blurry, dark',
      'Steps: 20, Sampler: ddim, CFG scale: 3, Seed: 7, Size: 128x64, Model: sprite, Denoising strength: 0.6, ' +
        'Version: kiln 0.1.0',
    ].join('\n'),
  );
});

test.each([undefined, ''])('a negative prompt of %j has no line', (negative) => {
  expect(formatParameters({ ...picture, negative }, '0.1.0')).toBe(
    'a happy dog\nSteps: 20, Sampler: ddim, CFG scale: 3, Seed: 7, Size: 128x64, Model: sprite, Version: kiln 0.1.0',
  );
});

test('a model name with a comma is quoted, so that the list can be split again', () => {
  expect(formatParameters({ ...picture, model: 'dogs, mostly' }, '0.1.0')).toContain(
    'Model: "dogs, mostly", ',
  );
});
