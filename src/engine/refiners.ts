import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { Refiner } from '../job.js';
import { type Checkpoint, openCheckpoint } from './checkpoint/folder.js';
import { createPromptEncoder, type PromptEncoder } from './context.js';
import { createEmbeddings } from './embeddings/embeddings.js';
import { scaleOf } from './facts.js';
import { listModels } from './listModels.js';
import { createModel, type Model, type ModelOptions } from './model.js';
import { sideError } from './sideError.js';
import { knownTokenizer } from './tokenizer/knownTokenizer.js';

/** Another model, open to draw a drawing's last steps. */
export interface OpenRefiner {
  /** Tells its U-Net from others. */
  readonly key: string;
  readonly model: Model;
  readonly encoder: PromptEncoder;
  /** To be called once, when the draw that asked is over. */
  release(): void;
}

export interface Refiners {
  /**
   * @throws UserError `bad-option` where there is none of that name or it does not go on from the base's latents,
   * `bad-model` where it is broken
   */
  open(refiner: Refiner): Promise<OpenRefiner>;
  /** Milliseconds spent so far on compiling and opening. */
  readonly loadTime: number;
  close(): Promise<void>;
}

interface Entry {
  readonly opening: Promise<Omit<OpenRefiner, 'release'>>;
  users: number;
}

const extension = '.safetensors';

/**
 * The refiners of one base model, each opened when it is first asked for; of several the one used last stays open.
 * Their networks are opened when they are first run, and share the base's budget of memory.
 *
 * @example const { model, encoder, release } = await createRefiners(base, options).open({ name: 'sdxl-refiner' });
 */
export function createRefiners(
  base: Checkpoint,
  options: ModelOptions & { readonly modelFolders?: readonly string[]; readonly vae?: string },
): Refiners {
  // In the order of last use.
  const entries = new Map<string, Entry>();
  const models = new Set<Model>();
  let closedTime = 0;

  async function openModel(path: string, name: string): Promise<Omit<OpenRefiner, 'release'>> {
    const checkpoint = await openCheckpoint(path, options).catch((error) => {
      throw sideError(error, 'refiner', name, path);
    });
    refuseOtherLatents(checkpoint, base, name);
    const key = `refiner ${path}`;
    const model = createModel(checkpoint, { ...options, sessions: options.sessions?.scope(key) });
    models.add(model);
    const tokenizers = await Promise.all(
      checkpoint.textEncoders.map((text) => knownTokenizer(text, options.cacheFolder)),
    );
    const embeddings = createEmbeddings(checkpoint.textEncoders, options);
    return { key, model, encoder: createPromptEncoder(model, tokenizers, embeddings) };
  }

  async function closeOthers(): Promise<void> {
    for (const [path, { opening, users }] of [...entries].slice(0, -1)) {
      if (users > 0) continue;
      entries.delete(path);
      const { model } = await opening;
      models.delete(model);
      closedTime += model.loadTime;
      await model.close();
    }
  }

  return {
    async open(refiner) {
      const path = await findModel(refiner, options.modelFolders ?? []);
      const name = basename(path, extension);
      const entry = entries.get(path) ?? { opening: openModel(path, name), users: 0 };
      entries.delete(path);
      entries.set(path, entry);
      entry.users++;
      try {
        const opened = await entry.opening;
        return {
          ...opened,
          release() {
            entry.users--;
            closeOthers().catch(() => {});
          },
        };
      } catch (error) {
        entry.users--;
        if (entries.get(path) === entry) entries.delete(path);
        throw error;
      }
    },
    get loadTime() {
      return [...models].reduce((sum, { loadTime }) => sum + loadTime, closedTime);
    },
    async close() {
      entries.clear();
      for (const model of models) await model.close();
    },
  };
}

/** A model by its name in the folders of models, never out of them; or, for the command line, anywhere. */
async function findModel({ name, file }: Refiner, folders: readonly string[]): Promise<string> {
  const cannot = (what: string, rest: string) =>
    new UserError('bad-option', `Cannot refine with ${JSON.stringify(what.slice(0, 100))}: ${rest}`);
  if (file !== undefined) {
    if (await stat(file).catch(() => undefined)) return resolve(file);
    throw cannot(file, 'there is no such folder or file, want a model');
  }
  const models = listModels(folders);
  const found = models.find((model) => model.name === name);
  if (found) return found.folder;
  const named = models
    .slice(0, 20)
    .map((model) => model.name)
    .join(', ');
  throw cannot(
    name,
    `found none of that name, want ${named ? `one of ${named}` : "a model in the models' folder"}`,
  );
}

/** Latents go from one model to the other as they are: their sizes and scale must be the same. */
function refuseOtherLatents(refiner: Checkpoint, base: Checkpoint, name: string): void {
  const cannot = (found: string, wanted: string) =>
    new UserError(
      'bad-option',
      `Cannot refine with ${JSON.stringify(name)}: ${found}, want ${wanted}, as those of ${base.name}`,
    );
  const latents = ({ unet, vaeScaleFactor }: Checkpoint) =>
    `${unet.config.out_channels} channels of ${vaeScaleFactor}×${vaeScaleFactor} pixels`;
  const { in_channels: taken, out_channels: given } = refiner.unet.config;
  if (taken !== given) throw cannot(`its U-Net takes ${taken} channels and gives ${given}`, 'equal numbers');
  if (latents(refiner) !== latents(base)) throw cannot(`its latents have ${latents(refiner)}`, latents(base));
  const [own, wanted] = [scaleOf(refiner), scaleOf(base)];
  if (own.scalingFactor !== wanted.scalingFactor)
    throw cannot(`its latents are scaled by ${own.scalingFactor}`, String(wanted.scalingFactor));
  if (JSON.stringify([own.mean, own.std]) !== JSON.stringify([wanted.mean, wanted.std]))
    throw cannot('its latents have another mean or deviation', 'equal ones');
}
