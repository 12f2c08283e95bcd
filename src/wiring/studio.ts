import { basename } from 'node:path';
import { findModels, modelFolder } from '../cli/models.js';
import { packageFolder } from '../cli/packageFolder.js';
import { sleep, systemClock } from '../clock.js';
import type { ModelInfo, Models } from '../command.js';
import type { Config } from '../config/config.js';
import { type Engine, openEngine } from '../engine/engine.js';
import { readModelFacts } from '../engine/readModelFacts.js';
import { guessWidth } from '../engine/widths.js';
import { UserError } from '../errors.js';
import type { DrawOne } from '../jobs/draw.js';
import type { Logger } from '../logger.js';

/** The engines of all models: the default one open from the start, others when they are asked for. */
export interface Studio {
  readonly models: Models;
  readonly draw: DrawOne;
  /** Jobs worth drawing at once. */
  readonly slots: number;
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
    'model' | 'modelFolders' | 'device' | 'cacheFolder' | 'threads' | 'slots' | 'warmModels' | 'environment'
  >;
  readonly logger: Logger;
  /** The module that draws in the engine's process, for tests. */
  readonly pipeline?: string;
  onEngineEvent?(model: string, event: string): void;
}

/** What stopping has left of its ten seconds. */
const closingMayTake = 1000;

interface Open {
  readonly engine: Promise<Engine>;
  users: number;
  warm: boolean;
}

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
  const defaultFolder = modelFolder(config.model, config.modelFolders);
  const defaultName =
    [...folders].find(([, folder]) => folder === defaultFolder)?.[0] ?? basename(defaultFolder);
  folders.set(defaultName, defaultFolder);
  const known = new Map<string, Omit<ModelInfo, 'warm'>>();
  for (const [name, folder] of folders) {
    try {
      known.set(name, { ...(await readModelFacts(folder)), name, builtIn: folder.startsWith(packageFolder) });
    } catch (error) {
      // One broken folder must not keep the others from drawing.
      if (name === defaultName) throw error;
      logger.warn({ error, model: name }, 'a model cannot be used');
    }
  }
  // In the order of their last use.
  const open = new Map<string, Open>();
  let closed = false;

  function engineOf(name: string): Open {
    const entry = open.get(name) ?? start(name);
    open.delete(name);
    open.set(name, entry);
    return entry;
  }

  function start(name: string): Open {
    const engine = openEngine({
      model: folders.get(name)!,
      device: config.device,
      cacheFolder: config.cacheFolder,
      threads: config.threads,
      env: config.environment,
      pipeline,
      onEvent: (event) => {
        logger.info({ model: name, ...event, output: undefined }, `engine ${event.type}`);
        onEngineEvent?.(name, event.type);
      },
    });
    const entry: Open = { engine, users: 0, warm: false };
    engine.then(
      () => {
        entry.warm = true;
      },
      () => {
        if (open.get(name) === entry) open.delete(name);
      },
    );
    return entry;
  }

  /** More than may stay warm: those used longest ago go, but for the default and whoever draws. */
  async function closeSpare(): Promise<void> {
    const spare = [...open].filter(([name, { users }]) => users === 0 && name !== defaultName);
    for (const [name, { engine }] of spare.slice(0, Math.max(0, open.size - config.warmModels))) {
      open.delete(name);
      await (await engine).close();
    }
  }

  async function using<Value>(name: string, work: (engine: Engine) => Promise<Value>): Promise<Value> {
    if (closed) throw new UserError('engine-closed', 'Cannot draw: the engine was closed');
    const entry = engineOf(models.get(name).name);
    entry.users += 1;
    try {
      return await work(await entry.engine);
    } finally {
      entry.users -= 1;
      closeSpare().catch((error) => logger.warn({ error }, 'an engine could not be closed'));
    }
  }

  const models: Models = {
    list() {
      const first = ({ name }: { name: string }) => (name === defaultName ? 0 : 1);
      return [...known.values()]
        .sort((a, b) => first(a) - first(b))
        .map((model) => ({ ...model, warm: open.get(model.name)?.warm ?? false }));
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
    async close() {
      closed = true;
      const closing = [...open.values()].map(async ({ engine }) => (await engine).close());
      // One that is still loading ends with this process, which its watcher watches.
      await Promise.race([Promise.allSettled(closing), sleep(systemClock, closingMayTake)]);
    },
  };
}
