import { describe, expect, it } from 'vitest';
import { completeSettings, type ModelDefaults } from '../../src/engine/settings.js';
import type { DrawRequest, Pixels } from '../../src/job.js';

const stableDiffusion: ModelDefaults = {
  pipelineClass: 'StableDiffusionPipeline',
  defaults: {},
  vaeScaleFactor: 8,
  sampleHeight: 64,
  sampleWidth: 64,
};
const picture = (width: number, height: number): Pixels => ({ width, height, data: new Uint8Array(0) });

describe('what a request leaves out', () => {
  it.each([
    ['StableDiffusionPipeline', { steps: 50, guidance: 7.5, strength: 0.8 }],
    ['StableDiffusionXLPipeline', { steps: 50, guidance: 5, strength: 0.3 }],
    ['LatentConsistencyModelPipeline', { steps: 4, guidance: 8.5, strength: 0.8 }],
  ])("comes from diffusers' defaults for %s", (pipelineClass, expected) => {
    const request = { prompt: 'a cat', init: picture(512, 512) };
    expect(completeSettings(request, { ...stableDiffusion, pipelineClass })).toMatchObject(expected);
  });

  it.each([
    ['StableDiffusionPipeline', { steps: 50, guidance: 7.5, strength: 1 }],
    ['StableDiffusionInpaintPipeline', { steps: 50, guidance: 7.5, strength: 1 }],
    ['StableDiffusionXLPipeline', { steps: 50, guidance: 7.5, strength: 0.9999 }],
    ['LatentConsistencyModelPipeline', { steps: 4, guidance: 8.5, strength: 1 }],
  ])(
    "comes, with a mask, from the defaults of diffusers' inpainting pipeline for %s",
    (pipelineClass, expected) => {
      const request = { prompt: 'a cat', init: picture(512, 512), mask: picture(512, 512) };
      const model = { ...stableDiffusion, pipelineClass, defaults: { strength: 0.4 } };
      expect(completeSettings(request, model)).toMatchObject(expected);
    },
  );

  it.each([
    ['StableDiffusionInpaintPipeline', { steps: 50, strength: 0.8, imageGuidance: undefined }],
    [
      'StableDiffusionInstructPix2PixPipeline',
      { steps: 100, guidance: 7.5, imageGuidance: 1.5, strength: undefined },
    ],
    ['StableDiffusionXLInstructPix2PixPipeline', { steps: 100, guidance: 5, imageGuidance: 1.5 }],
    ['StableDiffusionUpscalePipeline', { steps: 75, guidance: 9, noiseLevel: 20, strength: undefined }],
  ])('comes, for a picture, from those of %s', (pipelineClass, expected) => {
    const request = { prompt: 'a cat', init: picture(128, 128) };
    expect(completeSettings(request, { ...stableDiffusion, pipelineClass })).toMatchObject(expected);
  });

  it("comes from the model's own defaults first", () => {
    const model = { ...stableDiffusion, defaults: { steps: 20, guidance: 3 } };
    expect(completeSettings({ prompt: '' }, model)).toMatchObject({ steps: 20, guidance: 3, width: 512 });
  });

  it.each([
    ['its own size', 520, 392, { width: 520, height: 392 }],
    ["its size cut to the VAE's factor", 523, 399, { width: 520, height: 392 }],
    ["the model's size when it is far larger", 4000, 3000, { width: 512, height: 512 }],
  ])('is, for a picture to start from, %s', (_, width, height, expected) => {
    expect(completeSettings({ prompt: 'a', init: picture(width, height) }, stableDiffusion)).toMatchObject(
      expected,
    );
  });

  it.each([
    [256, 256, { width: 256, height: 256 }],
    [257, 256, { width: 64, height: 64 }],
  ])('is, with a tiny model and a picture of %i×%i, %o', (width, height, expected) => {
    const tiny = { ...stableDiffusion, sampleHeight: 8, sampleWidth: 8 };
    expect(completeSettings({ prompt: 'a', init: picture(width, height) }, tiny)).toMatchObject(expected);
  });

  it('includes a seed of 32 bits', () => {
    const seeds = Array.from({ length: 20 }, () => completeSettings({ prompt: 'a' }, stableDiffusion).seed);
    expect(new Set(seeds).size).toBeGreaterThan(15);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  });
});

describe('a request that cannot be drawn names the option, the value and what is wanted', () => {
  const cases: [Partial<DrawRequest> & Record<string, unknown>, string][] = [
    [{ width: 500 }, 'Cannot draw at 500×512: width must be a multiple of 8 from 8 to 2048'],
    [{ height: 8192 }, 'Cannot draw at 512×8192: height must be a multiple of 8 from 8 to 2048'],
    [{ width: Number.NaN }, 'Cannot draw at NaN×512: width must be a multiple of 8 from 8 to 2048'],
    [{ steps: 0 }, 'Cannot draw with steps 0: want a whole number from 1 to 1000'],
    [{ steps: 1001 }, 'Cannot draw with steps 1001: want a whole number from 1 to 1000'],
    [{ steps: 2.5 }, 'Cannot draw with steps 2.5: want a whole number from 1 to 1000'],
    [{ guidance: -1 }, 'Cannot draw with guidance -1: want a number from 0 to 100'],
    [{ guidanceRescale: 1.1 }, 'Cannot draw with guidance rescale 1.1: want a number from 0 to 1'],
    [{ seed: 2 ** 32 }, 'Cannot draw with seed 4294967296: want a whole number from 0 to 4294967295'],
    [{ seed: -1 }, 'Cannot draw with seed -1: want a whole number from 0 to 4294967295'],
    [{ strength: 1.5, init: picture(64, 64) }, 'Cannot draw with strength 1.5: want a number from 0 to 1'],
    [
      { mask: picture(64, 64) },
      'Cannot draw with a mask: there is no picture that it belongs to, want one given with it',
    ],
    [{ imageGuidance: -1 }, 'Cannot draw with image guidance -1: want a number from 0 to 100'],
    [{ noiseLevel: 351 }, 'Cannot draw with noise level 351: want a whole number from 0 to 350'],
    [
      { strength: 0.5 },
      'Cannot draw with strength 0.5: there is no picture to start from, want one given with it',
    ],
  ];
  it.each(cases)('%j', (options, message) => {
    expect(() => completeSettings({ prompt: 'a', ...options }, stableDiffusion)).toThrow(message);
  });

  it('an unknown scheduler', () => {
    const request = { prompt: 'a', scheduler: 'magic' } as unknown as DrawRequest;
    expect(() => completeSettings(request, stableDiffusion)).toThrow(
      /scheduler "magic": want one of ddim, pndm/,
    );
  });

  it('a prompt past the limit', () => {
    expect(() => completeSettings({ prompt: 'a'.repeat(20_001) }, stableDiffusion)).toThrow(
      /found 20001 characters/,
    );
  });
});
