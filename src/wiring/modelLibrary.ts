import { stat } from 'node:fs/promises';
import { findModels, isBuiltIn, modelAt } from '../cli/models.js';
import { vaePath } from '../cli/vaePath.js';
import type { Clock } from '../clock.js';
import type { ModelInfo } from '../command.js';
import type { Config } from '../config/config.js';
import { storedBytes } from '../engine/checkpoint/storedBytes.js';
import { readModelFacts } from '../engine/readModelFacts.js';
import { listSideModels } from '../engine/sideModels.js';
import type { Logger } from '../logger.js';

/** A model, and where it is. */
export interface LibraryModel {
  readonly info: Omit<ModelInfo, 'warm'>;
  /** A folder or a file. */
  readonly path: string;
  /** A VAE in place of its own. */
  readonly vae: string | undefined;
  /** Of its weights. */
  readonly bytes: number;
}

/** The models that there are, upscalers among them. */
export interface ModelLibrary {
  readonly defaultName: string;
  /** By name, the default first. What was put there or taken away is known seconds after it was asked for. */
  list(): readonly LibraryModel[];
  /** Whatever its case. */
  find(name: string): LibraryModel | undefined;
}

export interface ModelLibraryOptions {
  readonly config: Pick<Config, 'model' | 'vae' | 'modelFolders'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Milliseconds for which the folders are taken to be as they were. */
const fresh = 5000;

/**
 * Reads what there is to know of all models without opening one.
 *
 * @throws UserError `bad-model` when the default model cannot be read; others that cannot are left out, with a warning
 * @example (await openModelLibrary({ config, clock, logger })).list()[0]!.info.name; // 'sprite'
 */
export async function openModelLibrary(options: ModelLibraryOptions): Promise<ModelLibrary> {
  const { config, clock, logger } = options;
  const { name: defaultName, folder: defaultPath } = modelAt(config.model, config.modelFolders);
  const defaultVae = await vaePath(config.vae, config.modelFolders);
  const known = new Map<string, LibraryModel>();
  /** What each was when it was read, and what could not be, so that it is read again when it is another. */
  const stamps = new Map<string, string>();
  const refused = new Map<string, string>();
  let readAt = clock.now();
  let reading: Promise<void> | undefined;

  async function read(name: string, path: string): Promise<void> {
    const vae = name === defaultName ? defaultVae : undefined;
    const facts = await readModelFacts(path, { vae });
    const info = { ...facts, name, builtIn: isBuiltIn(path) };
    known.set(name, { info, path, vae, bytes: await storedBytes(path) });
  }

  async function readAll(): Promise<void> {
    const paths = new Map(findModels(config.modelFolders).map(({ name, folder }) => [name, folder]));
    paths.set(defaultName, defaultPath);
    for (const { name, path } of await listSideModels('upscalers', config.modelFolders))
      if (!paths.has(name)) paths.set(name, path);
    for (const [name, { path }] of known)
      if (name !== defaultName && paths.get(name) !== path) known.delete(name);
    for (const [name, path] of paths) {
      const stamp = await stampOf(path);
      // A model that takes another's place has its own sizes, and perhaps no safety checker.
      if (known.has(name) && stamps.get(name) === stamp) continue;
      if (refused.get(path) === stamp) continue;
      try {
        await read(name, path);
        stamps.set(name, stamp);
        refused.delete(path);
      } catch (error) {
        // One broken folder must not keep the others from drawing.
        if (name === defaultName) throw error;
        known.delete(name);
        if (!refused.has(path)) logger.warn({ error, model: name }, 'a model cannot be used');
        refused.set(path, stamp);
      }
    }
  }

  function refresh(): void {
    if (reading || Math.abs(clock.now() - readAt) < fresh) return;
    readAt = clock.now();
    reading = readAll()
      .catch((error) => logger.warn({ error }, 'the models could not be looked up'))
      .finally(() => {
        reading = undefined;
      });
  }

  await readAll();
  const library: ModelLibrary = {
    defaultName,
    list() {
      refresh();
      const rank = ({ info }: LibraryModel) => `${info.name === defaultName ? 0 : 1}${info.name}`;
      return [...known.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
    },
    find: (name) => library.list().find(({ info }) => info.name.toLowerCase() === name.toLowerCase()),
  };
  return library;
}

async function stampOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path).catch(() => ({ ino: 0, size: 0, mtimeMs: 0 }));
  return `${ino} ${size} ${mtimeMs}`;
}
