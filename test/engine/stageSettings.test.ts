import { describe, expect, it } from 'vitest';
import { completeSettings } from '../../src/engine/settings.js';
import { shownStages } from '../../src/engine/stageSettings.js';
import type { DrawRequest } from '../../src/job.js';

const model = {
  pipelineClass: 'StableDiffusionPipeline',
  defaults: {},
  vaeScaleFactor: 8,
  sampleHeight: 64,
  sampleWidth: 64,
};
const complete = (request: Partial<DrawRequest>) => completeSettings({ prompt: 'a dog', ...request }, model);
const picture = { width: 8, height: 8, data: new Uint8Array(192) };

describe('what is left out', () => {
  it('of hires fix is A1111’s strength and the drawing’s steps', () => {
    const { hires } = complete({ width: 512, height: 640, steps: 7, hires: { scale: 1.5 } });
    expect(hires).toEqual({ scale: 1.5, width: 768, height: 960, strength: 0.7, steps: 7 });
  });

  it('of a size that does not come out in whole latents is left out of the picture', () => {
    expect(complete({ width: 88, height: 72, hires: { scale: 1.3 } }).hires).toMatchObject({
      ...{ width: 112, height: 88 },
    });
  });

  it('of a refiner is where it begins', () => {
    expect(complete({ refiner: { name: 'fine' } }).refiner).toEqual({ name: 'fine', start: 0.8 });
  });

  it('altogether leaves one run', () => {
    const { hires, refiner, variation, clipSkip } = complete({});
    expect([hires, refiner, variation, clipSkip]).toEqual([undefined, undefined, undefined, 0]);
  });
});

it('what is kept with a picture is what was asked for, and no path', () => {
  const settings = complete({
    ...{ clipSkip: 1, hires: { scale: 2 }, variation: { seed: 3, strength: 0.2 }, steps: 5 },
    refiner: { name: 'any', file: '/home/me/fine.safetensors', start: 0.5 },
  });
  expect(shownStages(settings)).toEqual({
    ...{ clipSkip: 1, hires: { scale: 2, strength: 0.7, steps: 5 }, variation: { seed: 3, strength: 0.2 } },
    refiner: { name: 'fine', start: 0.5 },
  });
  expect(shownStages(complete({}))).toEqual({});
});

describe('is refused in one sentence:', () => {
  it.each<[string, Partial<DrawRequest>]>([
    ['Cannot draw with hires scale 1: want a number above 1', { hires: { scale: 1 } }],
    ['Cannot draw with hires scale NaN: want a number above 1', { hires: { scale: Number.NaN } }],
    ['Cannot draw with hires scale Infinity: want a number above 1', { hires: { scale: Infinity } }],
    [
      'Cannot draw 512×512 with hires scale 4.5: it ends at 2304×2304, want at most 2048 a side',
      { hires: { scale: 4.5 } },
    ],
    ['Cannot draw with hires strength 2: want a number from 0 to 1', { hires: { scale: 2, strength: 2 } }],
    [
      'Cannot draw with hires steps 0.5: want a whole number from 1 to 1000',
      { hires: { scale: 2, steps: 0.5 } },
    ],
    [
      'Cannot draw with variation seed -1: want a whole number from 0 to 4294967295',
      { variation: { seed: -1, strength: 0.5 } },
    ],
    [
      'Cannot draw with variation strength 1.1: want a number from 0 to 1',
      { variation: { seed: 1, strength: 1.1 } },
    ],
    [
      'Cannot draw with refiner start 1: want a number from 0.01 to 0.99',
      { refiner: { name: 'fine', start: 1 } },
    ],
    ['Cannot draw with clip skip -1: want a whole number from 0 to 128', { clipSkip: -1 }],
    [
      'Cannot draw with hires fix and a mask: want one of them',
      { hires: { scale: 2 }, init: picture, mask: picture },
    ],
    [
      'Cannot draw with a refiner and a mask: want one of them',
      { refiner: { name: 'fine' }, init: picture, mask: picture },
    ],
  ])('%s', (message, request) => {
    expect(() => complete(request)).toThrow(expect.objectContaining({ code: 'bad-option', message }));
  });
});
