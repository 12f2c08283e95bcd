import { UserError } from '../errors.js';
import type { DrawRequest, Picture, Pixels } from '../job.js';
import { createAutoencoder } from './autoencoder.js';
import { openCheckpoint } from './checkpoint/folder.js';
import { createControls } from './control.js';
import { shownControl } from './controlSettings.js';
import { chooseDevice } from './device.js';
import { deviceMemory } from './deviceMemory.js';
import type { DrawHooks, OpenPipeline, Size, Task, WarmUp } from './drawing.js';
import { drawStages } from './drawStages.js';
import { defaultsOf, factsOf } from './facts.js';
import { createPreviews } from './previews.js';
import { numbersOf } from './quality/numbersOf.js';
import { createRefiners, type OpenRefiner } from './refiners.js';
import { openSafetyCheck, type SafetyCheck } from './safetyCheck.js';
import { completeSettings, type Settings } from './settings.js';
import { sharedSessions } from './sharedSessions.js';
import { shownStages } from './stageSettings.js';
import { createStopwatch, type Stopwatch } from './stopwatch.js';
import { taskOf } from './tasks/taskOf.js';
import { openTinyDecoder } from './tiny/openTinyDecoder.js';
import { createUNetCalls } from './unetCalls.js';
import { isUpscaler } from './upscaler/isUpscaler.js';
import { openUpscaler } from './upscaler/openUpscaler.js';
import { openVariants, type Variant } from './variants.js';
import { createWarmFirst } from './warmFirst.js';

interface Drawing {
  readonly variant: Variant;
  readonly refiner: OpenRefiner | undefined;
  readonly request: DrawRequest;
  readonly task: Task;
  readonly settings: Settings;
  readonly hooks: DrawHooks;
  readonly check: SafetyCheck | undefined;
  readonly clock: Stopwatch;
  readonly place: number;
}

/**
 * Opens a checkpoint to draw with, top to bottom: prompt → text states → latents, step by step → pixels.
 * Several draws may be under way at once; their steps share calls of the U-Net.
 *
 * @throws UserError `bad-model`, `no-device`, `bad-output` (the cache folder), `out-of-memory`.
 * @example
 * const pipeline = await openPipeline({ model: 'assets/models/sprite', device: 'cpu', cacheFolder: 'data/cache' });
 * const { pixels } = await pipeline.draw({ prompt: 'a red heart' }, { signal, preview: false });
 */
export const openPipeline: OpenPipeline = async (options) => {
  if (await isUpscaler(options.model)) return openUpscaler(options);
  const began = performance.now();
  const checkpoint = await openCheckpoint(options.model, options);
  const device = await chooseDevice(options.device);
  const sessions = sharedSessions(device, options.memoryBudgetMb, await deviceMemory(device));
  const calls = createUNetCalls({ everyCount: device.startsWith('cuda') });
  const variants = await openVariants(checkpoint, { ...options, device, sessions, onClose: calls.forget });
  const { base } = variants;
  const refiners = createRefiners(checkpoint, { ...options, device, sessions });
  const controls = createControls(checkpoint, options);
  const defaults = defaultsOf(checkpoint);
  const tiny = openTinyDecoder(checkpoint, { ...options, device, sessions });
  const previews = createPreviews(checkpoint.unet.config.out_channels, tiny);
  let facts = await factsOf(checkpoint, device);
  const ownCheck =
    checkpoint.safetyChecker && (await openSafetyCheck(checkpoint.safetyChecker, base.safetyChecker!));
  let openTime = performance.now() - began;
  const warmFirst = createWarmFirst();
  const loadTime = () => variants.loadTime + refiners.loadTime + tiny.loadTime;

  async function draw(request: DrawRequest, hooks: DrawHooks, check: SafetyCheck | undefined) {
    const clock = createStopwatch(loadTime, openTime);
    const place = calls.place();
    openTime = 0;
    const task = taskOf(request, { name: checkpoint.name, tasks: facts.tasks });
    const settings = completeSettings(request, defaults);
    // What does not fit is told before anything is drawn.
    const refiner = settings.refiner && (await refiners.open(settings.refiner));
    try {
      const variant = await variants.of(request);
      try {
        return await drawWith({ variant, refiner, request, task, settings, hooks, check, clock, place });
      } finally {
        variant.release();
      }
    } finally {
      refiner?.release();
    }
  }

  async function drawWith(drawing: Drawing) {
    const { variant, refiner, request, task, settings, hooks, check, clock, place } = drawing;
    // Of a picture that nobody may see, nobody sees a preview: it cannot be checked before it is drawn.
    const shown = check === undefined || request.allowFlagged === true;
    const autoencoder = createAutoencoder(variant.model, numbersOf(settings.quality));
    const decoder = settings.decoder === 'tiny' ? await tiny.get() : autoencoder;
    const { latents, size, name, scheduler, mates, warnings } = await drawStages({
      ...{ settings, task, variant, refiner, autoencoder, calls, place, controls, hooks, clock },
      previews: shown ? previews : undefined,
    });

    const pixels = await decoder.decode(latents, size);
    previews.learn(latents, pixels, checkpoint.vaeScaleFactor);
    const verdict = check ? await check.verdictOf(pixels) : 'unchecked';
    clock.lap('decode');
    const { prompt, negative, width, height, steps, guidance, seed, strength } = settings;
    const { imageGuidance, noiseLevel } = settings;
    const guidanceRescale = settings.guidanceRescale || undefined;
    const picture: Picture = {
      pixels: verdict === 'flagged' && !shown ? black(pixels) : pixels,
      ...{ prompt, negative, width, height, steps, guidance, guidanceRescale, seed, strength },
      ...{ imageGuidance, noiseLevel },
      scheduler: settings.scheduler ?? scheduler,
      loras: variant.loras,
      control: settings.control && shownControl(settings.control),
      ...shownStages(settings),
      decoder: settings.decoder === 'tiny' ? settings.decoder : undefined,
      quality: settings.quality === 'exact' ? undefined : settings.quality,
      model: checkpoint.name,
      device,
      timings: clock.timings(),
      ...{ mates, verdict },
      warnings: [...variant.warnings, ...warnings],
    };
    return { picture, name };
  }

  function latentSize({ width, height }: Size): Size {
    return { width: width / checkpoint.vaeScaleFactor, height: height / checkpoint.vaeScaleFactor };
  }

  /** Draws once, and finds how many jobs are best drawn together. */
  async function warm({ quality, ...size }: WarmUp): Promise<void> {
    const alone = new AbortController();
    await previews.open(latentSize(size));
    // A model that redraws pictures would leave out the step by itself, with the strength that it usually has.
    const allSteps = facts.tasks.includes('picture') && { strength: 1 };
    // Nobody sees these pictures; the first is checked, so that the checker is warm too.
    const request: DrawRequest = { prompt: '', seed: 0, steps: 1, quality, ...size };
    const asked = facts.tasks.includes('text') ? request : { ...request, init: black(size), ...allSteps };
    // The empty prompt's context is the shortest there is.
    const slots = await calls.measure(async () => {
      const { name } = await draw(asked, { signal: alone.signal, preview: false }, ownCheck);
      // Whoever waits goes before what is measured now.
      warmFirst.release(size);
      return name;
    });
    if (size.width === facts.width && size.height === facts.height) facts = { ...facts, slots };
  }

  return {
    get facts() {
      return facts;
    },
    async draw(request, hooks) {
      const { width = facts.width, height = facts.height } = request;
      await warmFirst.passed({ width, height });
      // Cancelled while it waited: its LoRAs are not to be merged for nobody.
      if (hooks.signal.aborted) throw new UserError('cancelled', 'Cancelled before the first step');
      return (await draw(request, hooks, ownCheck)).picture;
    },
    async warm(sizes) {
      warmFirst.hold(sizes);
      try {
        for (const size of sizes) await warm(size);
      } finally {
        // What keeps one from being warmed up is told to whoever asks for it.
        for (const size of sizes) warmFirst.release(size);
      }
    },
    async close() {
      await tiny.close();
      await refiners.close();
      await variants.close();
    },
  };
};

function black({ width, height }: Size): Pixels {
  return { width, height, data: new Uint8Array(width * height * 3) };
}
