import type { DrawnLora, LoraUse } from '../../job.js';
import { identify } from '../checkpoint/identity.js';
import type { PromptEncoder } from '../context.js';
import type { Model, ModelOptions } from '../model.js';
import { sideError } from '../sideError.js';
import { findSideModel } from '../sideModels.js';
import { fastMultiply } from './fastMultiply.js';
import { loraModel } from './loraModel.js';
import { type Lora, openLora } from './openLora.js';

/** A model with LoRAs in it. */
export interface LoraVariant {
  readonly key: string;
  readonly model: Model;
  readonly encoder: PromptEncoder;
  readonly loras: readonly DrawnLora[];
  readonly warnings: readonly string[];
  /** To be called once, when the draw that asked is over. */
  release(): void;
}

export interface LoraVariants {
  /** @param loras one at least */
  of(loras: readonly LoraUse[]): Promise<LoraVariant>;
  /** Milliseconds spent so far on merging, compiling and opening. */
  readonly loadTime: number;
  close(): Promise<void>;
}

export interface LoraVariantsOptions extends ModelOptions {
  readonly modelFolders?: readonly string[];
  /** Told the key of a variant that is about to be closed. */
  onClose?(key: string): void;
}

interface Entry {
  readonly made: Promise<Omit<LoraVariant, 'loras' | 'release'>>;
  /** Makes what is missing of its files by now, and notes that they are used. */
  readonly mend: () => Promise<void>;
  users: number;
}

/** Sets of LoRAs whose networks stay open. */
const mostOpen = 2;
const mostKnown = 32;

/**
 * The variants of a model, made when they are asked for; of more than two the one used longest ago is closed, unless
 * somebody draws with it.
 *
 * @example const { model, release } = await createLoraVariants(base, encoder, encoderOf, options).of([{ name: 'ink', weight: 1 }]);
 */
export function createLoraVariants(
  base: Model,
  encoder: PromptEncoder,
  encoderOf: (model: Model) => PromptEncoder,
  options: LoraVariantsOptions,
): LoraVariants {
  const folders = options.modelFolders ?? [];
  // Both in the order of last use.
  const entries = new Map<string, Entry>();
  const known = new Map<string, Promise<Lora>>();
  let merging: Promise<unknown> = Promise.resolve();
  let mergeTime = 0;
  let closedTime = 0;
  const models = new Set<Model>();

  async function open(use: LoraUse): Promise<Lora> {
    const path = await findSideModel('loras', use, folders);
    const { inode, size, mtimeNs } = await identify(path).catch(() => ({ inode: '', size: 0, mtimeNs: '' }));
    const key = JSON.stringify([path, inode, size, mtimeNs]);
    // A folder has no identity of its own.
    const found = (inode !== '' && known.get(key)) || openLora(path, options.cacheFolder);
    known.delete(key);
    known.set(key, found);
    found.catch(() => known.delete(key));
    for (const old of [...known.keys()].slice(0, -mostKnown)) known.delete(old);
    return found.catch((error) => {
      throw sideError(error, 'LoRA', use.name, path);
    });
  }

  function start(key: string, uses: readonly LoraUse[], loras: readonly Lora[]): Entry {
    const wanted = uses.map(({ name, weight, textWeight = weight }, i) => ({
      ...{ name, weight, textWeight },
      lora: loras[i]!,
    }));
    const merge = () =>
      inTurn(async () => {
        const began = performance.now();
        const sessions = options.sessions?.scope(key);
        const fast = fastMultiply(options);
        const merging = { ...options, sessions, multiply: fast.multiply };
        const result = await loraModel(base, wanted, merging).finally(fast.close);
        mergeTime += performance.now() - began;
        return result;
      });
    const merged = merge();
    const made = merged.then(({ model, ownEncoders, warnings }) => {
      models.add(model);
      return {
        key,
        model,
        warnings,
        encoder: ownEncoders ? encoderOf(model) : encoder,
      };
    });
    return {
      made,
      async mend() {
        // Merged anew it is the same file, and the networks that are open stay as they are.
        if (!(await (await merged).touch())) await merge();
      },
      users: 0,
    };
  }

  /** One at a time: each merge holds a few of the largest weights in memory. */
  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = merging.then(work);
    merging = done.catch(() => {});
    return done;
  }

  async function closeOldest(): Promise<void> {
    const old = [...entries]
      .slice(0, Math.max(0, entries.size - mostOpen))
      .filter(([, { users }]) => users === 0);
    for (const [key] of old) {
      entries.delete(key);
      options.onClose?.(key);
    }
    for (const [, { made }] of old) await close(made);
  }

  async function close(made: Entry['made']): Promise<void> {
    const variant = await made.catch(() => undefined);
    if (!variant) return;
    closedTime += variant.model.loadTime;
    models.delete(variant.model);
    await variant.model.close();
  }

  return {
    get loadTime() {
      return mergeTime + closedTime + [...models].reduce((sum, { loadTime }) => sum + loadTime, 0);
    },

    async of(uses) {
      const loras = await Promise.all(uses.map(open));
      const key = JSON.stringify(
        uses.map(({ weight, textWeight = weight }, i) => [loras[i]!.hash, weight, textWeight]),
      );
      const found = entries.get(key);
      const entry = found ?? start(key, uses, loras);
      entries.delete(key);
      entries.set(key, entry);
      entry.users++;
      let released = false;
      const release = () => {
        if (released) return;
        released = true;
        entry.users--;
        closeOldest().catch(() => {});
      };
      try {
        const drawn = uses.map(({ name, weight, textWeight }, i) => ({
          ...{ name, weight },
          ...(textWeight !== undefined && { textWeight }),
          hash: loras[i]!.shortHash,
        }));
        const variant = await entry.made.catch((error) => {
          if (entries.get(key) === entry) entries.delete(key);
          throw error;
        });
        if (found) await found.mend();
        return { ...variant, loras: drawn, release };
      } catch (error) {
        release();
        throw error;
      }
    },

    async close() {
      const open = [...entries.values()];
      entries.clear();
      for (const { made } of open) await close(made);
    },
  };
}
