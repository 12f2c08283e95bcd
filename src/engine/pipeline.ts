import type { DrawRequest, Picture, Pixels } from '../job.js';
import { createAutoencoder } from './autoencoder.js';
import { openCheckpoint } from './checkpoint/folder.js';
import { classifierFree } from './conditions.js';
import { createControls } from './control.js';
import { shownControl } from './controlSettings.js';
import { createDenoiser, type Guided } from './denoiser.js';
import { chooseDevice } from './device.js';
import type { DrawHooks, OpenPipeline, Size, Task } from './drawing.js';
import { defaultsOf, factsOf } from './facts.js';
import type { UNetShape } from './networks/unet.js';
import { createGenerator } from './noise/generator.js';
import { schedulingClass } from './pipelineClass.js';
import { createPreviews } from './previews.js';
import { openSafetyCheck, type SafetyCheck } from './safetyCheck.js';
import { resolveScheduler } from './schedulers/resolve.js';
import { completeSettings, type Settings } from './settings.js';
import { sharedSessions } from './sharedSessions.js';
import { createStopwatch, type Stopwatch } from './stopwatch.js';
import { prepare } from './tasks/prepare.js';
import { taskOf } from './tasks/taskOf.js';
import { createTeller } from './teller.js';
import { openTinyDecoder } from './tiny/openTinyDecoder.js';
import { createUNetCalls } from './unetCalls.js';
import { isUpscaler } from './upscaler/isUpscaler.js';
import { openUpscaler } from './upscaler/openUpscaler.js';
import { openVariants, type Variant } from './variants.js';

interface Drawing {
  readonly request: DrawRequest;
  readonly task: Task;
  readonly settings: Settings;
  readonly hooks: DrawHooks;
  readonly check: SafetyCheck | undefined;
  readonly clock: Stopwatch;
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
  const sessions = sharedSessions(device, options.memoryBudgetMb);
  const variants = await openVariants(checkpoint, { ...options, device, sessions });
  const { base } = variants;
  const calls = createUNetCalls();
  const controls = createControls(checkpoint, options);
  const defaults = defaultsOf(checkpoint);
  const tiny = openTinyDecoder(checkpoint, { ...options, device, sessions });
  const previews = createPreviews(checkpoint.unet.config.out_channels, tiny);
  let facts = await factsOf(checkpoint, device);
  const ownCheck =
    checkpoint.safetyChecker && (await openSafetyCheck(checkpoint.safetyChecker, base.safetyChecker!));
  let openTime = performance.now() - began;

  async function draw(request: DrawRequest, hooks: DrawHooks, check: SafetyCheck | undefined) {
    const clock = createStopwatch(() => variants.loadTime + tiny.loadTime, openTime);
    openTime = 0;
    const task = taskOf(request, { name: checkpoint.name, tasks: facts.tasks });
    const settings = completeSettings(request, defaults);
    const variant = await variants.of(request);
    try {
      return await drawWith(variant, { request, task, settings, hooks, check, clock });
    } finally {
      variant.release();
    }
  }

  async function drawWith(variant: Variant, drawing: Drawing) {
    const { request, task, settings, hooks, check, clock } = drawing;
    const { model } = variant;
    // Of a picture that nobody may see, nobody sees a preview: it cannot be checked before it is drawn.
    const shown = check === undefined || request.allowFlagged === true;
    const size = latentSize(settings);
    const drawnBy = schedulingClass(checkpoint.pipelineClass, task);
    const scheduler = resolveScheduler(checkpoint.scheduler, settings.scheduler, drawnBy);
    const schedule = scheduler.schedule(settings.steps, settings.strength);
    const unet = checkpoint.unet.config;
    const towardsPicture = (settings.imageGuidance ?? 1) >= 1;
    const asksTwice = settings.guidance > 1 && unet.time_cond_proj_dim === null && towardsPicture;

    const autoencoder = createAutoencoder(model);
    const decoder = settings.decoder === 'tiny' ? await tiny.get() : autoencoder;
    const context = await variant.encoder.encode(variant.prompt, settings.negative, asksTwice);
    const generator = createGenerator(settings.seed);
    const noise = (count: number) => generator.randn(count);
    const initialNoise = () => noise(unet.out_channels * size.width * size.height);
    const prepared = await prepare(task, {
      ...{ settings, checkpoint, context, autoencoder, scheduler, schedule, size, noise, initialNoise },
    });
    const control =
      settings.control && (await controls.prepare(settings.control, size, scheduler.calls(schedule)));
    clock.lap('encode');

    const shape: UNetShape = { ...size, tokens: context.positive.tokens };
    const told = { ...settings, requiresAestheticsScore: checkpoint.requiresAestheticsScore };
    const name = calls.name(variant.key, shape, model.unet(shape));
    const guided = withExtra(prepared.guided ?? classifierFree(unet, context, told), prepared.extra);
    const plain = { shape: name, inputs: prepared.inputs };
    const controlled = control && {
      shape: calls.name(`${variant.key} ${control.key}`, shape, model.unet(shape, control.net)),
      inputs: { ...prepared.inputs, ...control.inputs(guided.conditions.length) },
    };
    let mates = 0;
    const denoise = createDenoiser({
      ...{ ...guided, calls, size, signal: hooks.signal },
      call: (n) => (control?.acts(n) ? controlled! : plain),
      onCall: (jobs) => {
        mates = Math.max(mates, jobs - 1);
      },
    });
    const teller = createTeller(hooks, hooks.preview && shown ? previews.of(size) : undefined);
    await teller.ready();
    const latents = await scheduler
      .run(denoise, prepared.start, schedule, {
        ...{ noise, signal: hooks.signal, onStep: teller.onStep },
        afterStep: prepared.afterStep,
      })
      .finally(teller.end);
    clock.lap('denoise');

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
      scheduler: settings.scheduler ?? scheduler.className,
      loras: variant.loras,
      control: settings.control && shownControl(settings.control),
      decoder: settings.decoder === 'tiny' ? settings.decoder : undefined,
      model: checkpoint.name,
      device,
      timings: clock.timings(),
      ...{ mates, verdict },
      warnings: [...variant.warnings, ...context.warnings],
    };
    return { picture, name };
  }

  function latentSize({ width, height }: Size): Size {
    return { width: width / checkpoint.vaeScaleFactor, height: height / checkpoint.vaeScaleFactor };
  }

  /** Draws once, then in twos, fours and eights, to find how many jobs are best drawn together. */
  async function warm(size: Size): Promise<void> {
    const alone = new AbortController();
    await previews.open(latentSize(size));
    // Nobody sees these pictures; the first is checked, so that the checker is warm too.
    const request: DrawRequest = { prompt: '', seed: 0, steps: 2, ...size };
    const asked = facts.tasks.includes('text') ? request : { ...request, init: black(size) };
    const drawOne = (check?: SafetyCheck) => draw(asked, { signal: alone.signal, preview: false }, check);
    // The empty prompt's context is the shortest there is.
    const { name } = await drawOne(ownCheck);
    try {
      for (const jobs of [1, 2, 4, 8]) {
        calls.widths.attempt(name, jobs);
        await Promise.all(Array.from({ length: jobs }, () => drawOne()));
      }
    } finally {
      calls.widths.settle(name);
    }
    if (size.width === facts.width && size.height === facts.height)
      facts = { ...facts, slots: calls.widths.of(name) };
  }

  return {
    get facts() {
      return facts;
    },
    draw: async (request, hooks) => (await draw(request, hooks, ownCheck)).picture,
    async warm(sizes) {
      for (const size of sizes) await warm(size);
    },
    async close() {
      await tiny.close();
      await variants.close();
    },
  };
};

function black({ width, height }: Size): Pixels {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

function withExtra(guided: Guided, extra: Float32Array | undefined): Guided {
  if (!extra) return guided;
  return { ...guided, conditions: guided.conditions.map((condition) => ({ ...condition, extra })) };
}
