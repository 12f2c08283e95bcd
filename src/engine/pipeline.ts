import { UserError } from '../errors.js';
import { resizePixels } from '../image/resize.js';
import type { DrawRequest, Picture, Pixels } from '../job.js';
import { type BatchInputs, createBatcher } from './batcher.js';
import { openCheckpoint } from './checkpoint/folder.js';
import { createPromptEncoder } from './context.js';
import { createDenoiser, shapeKey } from './denoiser.js';
import { chooseDevice } from './device.js';
import type { DrawHooks, OpenPipeline, Size } from './drawing.js';
import { defaultsOf, factsOf, scaleOf } from './facts.js';
import { latentsForDecoder, latentsFromMoments, pixelsFromSample, sampleFromPixels } from './latents.js';
import { createModel } from './model.js';
import type { UNetShape } from './networks/unet.js';
import { createGenerator } from './noise/generator.js';
import { createPreview } from './preview.js';
import { openSafetyCheck, type SafetyCheck } from './safetyCheck.js';
import { resolveScheduler } from './schedulers/resolve.js';
import type { Tensor } from './session.js';
import { completeSettings, type Settings } from './settings.js';
import { createStopwatch } from './stopwatch.js';
import { knownTokenizer } from './tokenizer/knownTokenizer.js';
import { createWidths, guessWidth } from './widths.js';

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
  const began = performance.now();
  const checkpoint = await openCheckpoint(options.model, options);
  const device = await chooseDevice(options.device);
  const model = createModel(checkpoint, { ...options, device });
  const tokenizers = await Promise.all(
    checkpoint.textEncoders.map((text) => knownTokenizer(text, options.cacheFolder)),
  );
  const encoder = createPromptEncoder(model, tokenizers);

  const shapes = new Map<string, UNetShape>();
  const widths = createWidths((key) => guessWidth(shapes.get(key)!.width * shapes.get(key)!.height));
  const batcher = createBatcher({ width: widths.of, run: runUNet });
  const defaults = defaultsOf(checkpoint);
  const scale = scaleOf(checkpoint);
  const preview = createPreview(checkpoint.unet.config.out_channels);
  let facts = await factsOf(checkpoint, device);
  const ownCheck =
    checkpoint.safetyChecker && (await openSafetyCheck(checkpoint.safetyChecker, model.safetyChecker!));
  let openTime = performance.now() - began;

  async function runUNet(key: string, count: number, inputs: BatchInputs): Promise<Float32Array> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, { data, dims }] of Object.entries(inputs))
      feeds[name] = { dtype: 'float32', data, dims };
    const began = performance.now();
    const { out_sample } = await model.unet(shapes.get(key)!).run(feeds);
    widths.observe(key, count, performance.now() - began);
    return out_sample!.data as Float32Array;
  }

  async function draw(
    request: DrawRequest,
    hooks: DrawHooks,
    check: SafetyCheck | undefined,
  ): Promise<Picture> {
    const clock = createStopwatch(() => model.loadTime, openTime);
    openTime = 0;
    const settings = completeSettings(request, defaults);
    // Of a picture that nobody may see, nobody sees a preview: it cannot be checked before it is drawn.
    const shown = check === undefined || request.allowFlagged === true;
    const size = latentSize(settings);
    const scheduler = resolveScheduler(checkpoint.scheduler, settings.scheduler, checkpoint.pipelineClass);
    const schedule = scheduler.schedule(settings.steps, settings.strength);
    const guided = settings.guidance > 1 && checkpoint.unet.config.time_cond_proj_dim === null;

    const context = await encoder.encode(settings.prompt, settings.negative, guided);
    const shape: UNetShape = { ...size, tokens: context.positive.tokens };
    shapes.set(shapeKey(shape), shape);
    const generator = createGenerator(settings.seed);
    const channels = checkpoint.unet.config.out_channels;
    const count = channels * size.width * size.height;
    const init =
      settings.init && (await encodeInit(settings.init, settings, size, () => generator.randn(count)));
    clock.lap('encode');

    let mates = 0;
    const denoise = createDenoiser({
      ...settings,
      unet: checkpoint.unet.config,
      shape,
      context,
      batcher,
      signal: hooks.signal,
      onCall: (jobs) => {
        mates = Math.max(mates, jobs - 1);
      },
    });
    const latents = await scheduler.run(
      denoise,
      scheduler.start(generator.randn(count), schedule, init),
      schedule,
      {
        noise: (length) => generator.randn(length),
        signal: hooks.signal,
        onStep: (step, steps, estimate) => {
          const picture =
            hooks.preview && shown ? preview.draw(estimate, size.width, size.height) : undefined;
          hooks.onProgress?.({ step, steps, preview: picture });
        },
      },
    );
    clock.lap('denoise');

    const pixels = await decode(latents, settings, size);
    preview.learn(latents, pixels, checkpoint.vaeScaleFactor);
    const verdict = check ? await check.verdictOf(pixels) : 'unchecked';
    clock.lap('decode');
    const { prompt, negative, width, height, steps, guidance, seed, strength } = settings;
    const guidanceRescale = settings.guidanceRescale || undefined;
    return {
      pixels: verdict === 'flagged' && !shown ? black(pixels) : pixels,
      ...{ prompt, negative, width, height, steps, guidance, guidanceRescale, seed, strength },
      scheduler: settings.scheduler ?? scheduler.className,
      model: checkpoint.name,
      device,
      timings: clock.timings(),
      ...{ mates, verdict },
      warnings: context.warnings,
    };
  }

  function latentSize({ width, height }: Size): Size {
    return { width: width / checkpoint.vaeScaleFactor, height: height / checkpoint.vaeScaleFactor };
  }

  /** A picture's latents [C, h, w] at the size that is drawn. */
  async function encodeInit(
    init: Pixels,
    { width, height }: Settings,
    size: Size,
    noise: () => Float32Array,
  ) {
    const sample = sampleFromPixels(resizePixels(init, width, height));
    const tensor: Tensor = { dtype: 'float32', dims: [1, 3, height, width], data: sample };
    const { moments, latents } = await model.encoder(size).run({ sample: tensor });
    // The tiny autoencoder gives latents that need no noise, and takes none from the request's generator.
    if (latents) return latents.data as Float32Array;
    return latentsFromMoments(moments!.data as Float32Array, noise(), scale);
  }

  async function decode(latents: Float32Array, { width, height }: Settings, size: Size): Promise<Pixels> {
    const dims = [1, latents.length / (size.width * size.height), size.height, size.width];
    const data = latentsForDecoder(latents, scale);
    const { sample } = await model.decoder(size).run({ latents: { dtype: 'float32', dims, data } });
    const values = sample!.data as Float32Array;
    if (!values.every(Number.isFinite)) {
      throw new UserError(
        'bad-model',
        `Cannot draw with ${checkpoint.name}: its picture holds values that are no numbers`,
      );
    }
    return pixelsFromSample(values, width, height);
  }

  /** Draws once, then in twos, fours and eights, to find how many jobs are best drawn together. */
  async function warm(size: Size): Promise<void> {
    const alone = new AbortController();
    // Nobody sees these pictures; the first is checked, so that the checker is warm too.
    const drawOne = (check?: SafetyCheck) =>
      draw({ prompt: '', seed: 0, steps: 2, ...size }, { signal: alone.signal, preview: false }, check);
    await drawOne(ownCheck);
    const { width, height } = latentSize(size);
    // The empty prompt's context is the shortest there is.
    const ofSize = [...shapes].filter(([, shape]) => shape.width === width && shape.height === height);
    const [key] = ofSize.sort(([, a], [, b]) => a.tokens - b.tokens)[0]!;
    try {
      for (const jobs of [1, 2, 4, 8]) {
        widths.attempt(key, jobs);
        await Promise.all(Array.from({ length: jobs }, () => drawOne()));
      }
    } finally {
      widths.settle(key);
    }
    if (size.width === facts.width && size.height === facts.height)
      facts = { ...facts, slots: widths.of(key) };
  }

  return {
    get facts() {
      return facts;
    },
    draw: (request, hooks) => draw(request, hooks, ownCheck),
    async warm(sizes) {
      for (const size of sizes) await warm(size);
    },
    close: () => model.close(),
  };
};

function black({ width, height, data }: Pixels): Pixels {
  return { width, height, data: new Uint8Array(data.length) };
}
