import { totalmem } from 'node:os';
import { findModels, isBuiltIn, modelAt } from '../cli/models.js';
import { vaePath } from '../cli/vaePath.js';
import { sleep, systemClock } from '../clock.js';
import type { ModelInfo, Models } from '../command.js';
import type { Config } from '../config/config.js';
import { storedBytes } from '../engine/checkpoint/storedBytes.js';
import { type Engine, openEngine } from '../engine/engine.js';
import { readModelFacts } from '../engine/readModelFacts.js';
import { listSideModels } from '../engine/sideModels.js';
import { guessWidth } from '../engine/widths.js';
import { UserError } from '../errors.js';
import type { DrawOne } from '../jobs/draw.js';
import type { Logger } from '../logger.js';
import type { Loading } from '../queue/queue.js';
import { createEnginePool } from './enginePool.js';

/** The engines of all models: the default one open from the start, others when they are asked for. */
export interface Studio {
  readonly models: Models;
  readonly draw: DrawOne;
  /** Jobs worth drawing at once. */
  readonly slots: number;
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
    | 'memoryMb'
    | 'environment'
  >;
  readonly logger: Logger;
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
  onEngineEvent,
}: StudioOptions): Promise<Studio> {
  const folders = new Map(findModels(config.modelFolders).map(({ name, folder }) => [name, folder]));
  const { name: defaultName, folder: defaultFolder } = modelAt(config.model, config.modelFolders);
  folders.set(defaultName, defaultFolder);
  const defaultVae = await vaePath(config.vae, config.modelFolders);
  const vaeOf = (name: string) => (name === defaultName ? defaultVae : undefined);
  for (const { name, path } of await listSideModels('upscalers', config.modelFolders)) {
    if (!folders.has(name)) folders.set(name, path);
  }
  const known = new Map<string, Omit<ModelInfo, 'warm'>>();
  for (const [name, folder] of folders) {
    try {
      const facts = await readModelFacts(folder, { vae: vaeOf(name) });
      known.set(name, { ...facts, name, builtIn: isBuiltIn(folder) });
    } catch (error) {
      // One broken folder must not keep the others from drawing.
      if (name === defaultName) throw error;
      logger.warn({ error, model: name }, 'a model cannot be used');
    }
  }
  const budget = memoryBudget(config);
  const bytes = new Map<string, number>();
  for (const name of known.keys()) bytes.set(name, await storedBytes(folders.get(name)!));
  let closed = false;

  const pool = createEnginePool({
    ...{ budget: budget ?? Number.POSITIVE_INFINITY, most: config.warmModels, keep: defaultName },
    expected: (name) => bytes.get(name) ?? 0,
    open: (name) =>
      openEngine({
        model: folders.get(name)!,
        vae: vaeOf(name),
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
      }),
    onCloseError: (error) => logger.warn({ error }, 'an engine could not be closed'),
  });

  const using = <Value>(name: string, work: (engine: Engine) => Promise<Value>) =>
    pool.using(models.get(name).name, work);

  const models: Models = {
    list() {
      const first = ({ name }: { name: string }) => (name === defaultName ? 0 : 1);
      return [...known.values()]
        .sort((a, b) => first(a) - first(b))
        .map((model) => ({ ...model, warm: pool.loaded(model.name) }));
    },
    get(name) {
      const found = models.list().find((model) => model.name.toLowerCase() === name.toLowerCase());
      if (found) return found;
      const names = [...known.keys()].join(', ');
      throw new UserError(
        'bad-model',
        `Cannot draw with model ${JSON.stringify(name.slice(0, 60))}: want one of ${names}`,
      );
    },
  };

  const preset = models.get(defaultName);
  let ready = false;
  let problem: string | undefined;
  using(defaultName, (engine) => engine.warm([{ width: preset.width, height: preset.height }])).then(
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
    slots: config.slots ?? guessWidth((preset.width * preset.height) / preset.multiple ** 2),
    async draw(model, request, options) {
      const picture = await using(model, (engine) => engine.draw(request, options));
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

/** Bytes that all engines may take; on a GPU only what was set, as its memory is not this machine's. */
function memoryBudget({ memoryMb, device }: StudioOptions['config']): number | undefined {
  if (memoryMb !== undefined) return memoryMb * bytesPerMb;
  if (device !== 'cpu' && device !== 'auto') return undefined;
  const limit = process.constrainedMemory();
  return (limit > 0 ? Math.min(limit, totalmem()) : totalmem()) * share;
}
