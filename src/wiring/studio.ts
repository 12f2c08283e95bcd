import { totalmem } from 'node:os';
import { type Clock, sleep, systemClock } from '../clock.js';
import type { ModelInfo, Models } from '../command.js';
import type { Config } from '../config/config.js';
import { type Engine, openEngine } from '../engine/engine.js';
import { guessWidth } from '../engine/widths.js';
import { UserError } from '../errors.js';
import type { DrawRequest } from '../job.js';
import type { DrawOne } from '../jobs/draw.js';
import type { Logger } from '../logger.js';
import type { Loading } from '../queue/queue.js';
import { createEnginePool } from './enginePool.js';
import { openModelLibrary } from './modelLibrary.js';

/** The engines of all models: the default one open from the start, others when they are asked for. */
export interface Studio {
  readonly models: Models;
  readonly draw: DrawOne;
  /** Jobs of a model worth drawing at once, as far as known by now. */
  slots(model?: string): number;
  /** Which models are loaded, for the line. */
  readonly loading: Loading;
  /** Content hash of a model. */
  hash(model: string): Promise<string>;
  /** The default model is loaded and has drawn. */
  readonly ready: boolean;
  /** Why it is not, where that is known. */
  readonly problem: string | undefined;
  close(): Promise<void>;
}

export interface StudioOptions {
  readonly config: Pick<
    Config,
    | 'model'
    | 'vae'
    | 'modelFolders'
    | 'device'
    | 'cacheFolder'
    | 'threads'
    | 'slots'
    | 'warmModels'
    | 'warmSizes'
    | 'quality'
    | 'memoryMb'
    | 'environment'
  >;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** The module that draws in the engine's process, for tests. */
  readonly pipeline?: string;
  onEngineEvent?(model: string, event: string): void;
}

const bytesPerMb = 2 ** 20;
/** Of the machine's memory, for the engines: the rest is the system's, the chat's, and that of mapped weights. */
const share = 0.75;
/** What stopping has left of its ten seconds. */
const closingMayTake = 1000;

/**
 * Reads what there is to know of all models, and starts loading the default one. Does not wait for it: what people
 * ask meanwhile waits in the line.
 *
 * @throws UserError `bad-model` when the default model's configs cannot be read
 * @example const studio = await openStudio({ config, logger }); await studio.draw('sprite', { prompt: 'a dog' }, hooks);
 */
export async function openStudio({
  config,
  logger,
  pipeline,
  clock = systemClock,
  onEngineEvent,
}: StudioOptions): Promise<Studio> {
  const library = await openModelLibrary({ config, clock, logger });
  const { defaultName } = library;
  const budget = memoryBudget(config);
  let closed = false;

  const pool = createEnginePool({
    ...{ budget: budget ?? Number.POSITIVE_INFINITY, most: config.warmModels, keep: defaultName },
    expected: (name) => library.find(name)?.bytes ?? 0,
    open: async (name) => {
      const { path, vae } = library.find(name) ?? unknown(name);
      return openEngine({
        ...{ model: path, vae },
        modelFolders: config.modelFolders,
        device: config.device,
        cacheFolder: config.cacheFolder,
        threads: config.threads,
        memoryBudgetMb: budget && Math.floor(budget / bytesPerMb),
        env: config.environment,
        pipeline,
        onEvent: (event) => {
          logger.info({ model: name, ...event, output: undefined }, `engine ${event.type}`);
          onEngineEvent?.(name, event.type);
        },
      });
    },
    onCloseError: (error) => logger.warn({ error }, 'an engine could not be closed'),
  });

  const using = <Value>(name: string, work: (engine: Engine) => Promise<Value>) =>
    pool.using(models.get(name).name, work);

  const models: Models = {
    list: () => library.list().map(({ info }) => ({ ...info, warm: pool.loaded(info.name) })),
    get(name) {
      const { info } = library.find(name) ?? unknown(name);
      return { ...info, warm: pool.loaded(info.name) };
    },
  };

  function unknown(name: string): never {
    const names = library.list().map(({ info }) => info.name);
    throw new UserError(
      'bad-model',
      `Cannot draw with model ${JSON.stringify(name.slice(0, 60))}: want one of ${names.join(', ')}`,
    );
  }

  /** Its refiner by where it is: the engine knows no model but those of the folders by name. */
  function withRefiner(request: DrawRequest): DrawRequest {
    const { refiner } = request;
    const found = refiner && refiner.file === undefined ? library.find(refiner.name) : undefined;
    return found ? { ...request, refiner: { ...refiner!, file: found.path } } : request;
  }

  const preset = models.get(defaultName);
  let ready = false;
  let problem: string | undefined;
  /** As it was measured, by model. */
  const slots = new Map<string, number>();
  using(defaultName, async (engine) => {
    const { quality, warmSizes = [{ width: preset.width, height: preset.height }] } = config;
    await engine.warm(warmSizes.map((size) => ({ ...size, quality })));
    slots.set(defaultName, (await engine.describe()).slots);
  }).then(
    () => {
      ready = true;
    },
    (error) => {
      if (closed) return;
      problem = error instanceof UserError ? error.message : 'the model could not be loaded';
      logger.error({ error, model: defaultName }, 'the model could not be loaded');
    },
  );

  return {
    models,
    slots: (model = defaultName) =>
      config.slots ?? slots.get(model) ?? guessedSlots(library.find(model)?.info),
    async draw(model, request, options) {
      const picture = await using(model, (engine) => engine.draw(withRefiner(request), options));
      // Whatever kept it from warming up is over.
      if (models.get(model).name === defaultName) ready = true;
      return picture;
    },
    hash: (model) => using(model, async (engine) => (await engine.describe()).hash),
    get ready() {
      return ready && !closed;
    },
    get problem() {
      return ready ? undefined : problem;
    },
    loading: {
      ready: (model) => pool.ready(model),
      wanted: (model) => pool.want(model),
    },
    async close() {
      closed = true;
      // One that is still loading ends with this process, which its watcher watches.
      await Promise.race([pool.close(), sleep(systemClock, closingMayTake)]);
    },
  };
}

function guessedSlots(model: Pick<ModelInfo, 'width' | 'height' | 'multiple'> | undefined): number {
  return model ? guessWidth((model.width * model.height) / model.multiple ** 2) : 1;
}

/** Bytes that all engines may take; on a GPU only what was set, as its memory is not this machine's. */
function memoryBudget({ memoryMb, device }: StudioOptions['config']): number | undefined {
  if (memoryMb !== undefined) return memoryMb * bytesPerMb;
  if (device !== 'cpu' && device !== 'auto') return undefined;
  const limit = process.constrainedMemory();
  return (limit > 0 ? Math.min(limit, totalmem()) : totalmem()) * share;
}
