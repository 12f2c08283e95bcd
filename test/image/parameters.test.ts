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

test('a ControlNet reads as its extension of the web UI writes it', () => {
  const control = { name: 'lines', scale: 0.5, start: 0, end: 0.8 };
  const text = (detect?: 'canny') =>
    formatParameters({ ...picture, control: { ...control, detect } }, '0.1.0');
  const rest = 'Model: lines, Weight: 0.5, Guidance Start: 0, Guidance End: 0.8';
  expect(text('canny')).toContain(`, ControlNet 0: "Module: canny, ${rest}", Version`);
  expect(text()).toContain(`, ControlNet 0: "Module: none, ${rest}", Version`);
});

test('further runs, variations and clip skip read as A1111 writes them', () => {
  const hires = { scale: 2, strength: 0.7, steps: 10 };
  const others = {
    ...{ clipSkip: 1, variation: { seed: 9, strength: 0.2 } },
    refiner: { name: 'fine', start: 0.8 },
  };
  expect(formatParameters({ ...picture, ...others, hires }, '0.1.0')).toContain(
    'Variation seed: 9, Variation seed strength: 0.2, Denoising strength: 0.7, Clip skip: 2, Hires upscale: 2, ' +
      'Hires steps: 10, Hires upscaler: Latent, Refiner: fine, Refiner switch at: 0.8, Version',
  );
  // Which draws no hires fix from a picture.
  expect(formatParameters({ ...picture, hires, strength: 0.3 }, '0.1.0')).toContain(
    'Denoising strength: 0.3, Hires upscale: 2, Hires steps: 10, Hires upscaler: Latent, Hires denoising strength: 0.7',
  );
});

test.each([undefined, ''])('a negative prompt of %j has no line', (negative) => {
  expect(formatParameters({ ...picture, negative }, '0.1.0')).toBe(
    'a happy dog\nSteps: 20, Sampler: ddim, CFG scale: 3, Seed: 7, Size: 128x64, Model: sprite, Version: kiln 0.1.0',
  );
});

test('LoRAs are in the prompt, those that were asked for besides too, and their hashes behind it', () => {
  const loras = [
    { name: 'ink', weight: 0.8, hash: '47e0f1a967b5' },
    { name: 'LCM', weight: 1, textWeight: 0.5, hash: '0123456789ab' },
  ];
  const text = formatParameters({ ...picture, prompt: 'a dog <lora:Ink:0.8>', loras }, '0.1.0');
  expect(text).toContain('a dog <lora:Ink:0.8> <lora:LCM:0.5:1>\nSteps');
  expect(text).toContain(', Lora hashes: "ink: 47e0f1a967b5, LCM: 0123456789ab", Version');
});

test('what was saved is said, and nothing of a picture that is exact', () => {
  expect(formatParameters({ ...picture, quality: 'fast' }, '0.1.0')).toContain(', Quality: fast, Version');
  expect(formatParameters(picture, '0.1.0')).not.toContain('Quality');
});

test('a model name with a comma is quoted, so that the list can be split again', () => {
  expect(formatParameters({ ...picture, model: 'dogs, mostly' }, '0.1.0')).toContain(
    'Model: "dogs, mostly", ',
  );
});
