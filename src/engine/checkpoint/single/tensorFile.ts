import { createHash } from 'node:crypto';
import { checkOnce } from '../check.js';
import { type Component, lazyComponent, once } from '../component.js';
import { identify } from '../identity.js';
import { canonicalNames } from '../names.js';
import { readWholeHeader, type TensorInfo } from '../safetensors.js';
import { floats } from '../weights.js';
import { pickleAdvice } from './pickle.js';

/** A `.safetensors` file that several networks may be in. Its header is read; its data is, once, with the first weights. */
export interface TensorFile {
  /** Absolute, links followed. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  /** The tensors below a prefix, by what follows it. */
  below(prefix: string): ReadonlyMap<string, TensorInfo>;
  /**
   * A network in it. The file is checked once for all of them.
   *
   * @param name tells it from the others: part of the hash by which what is made of its weights is kept
   * @param tensors by the names that the network has for them
   * @param more further ones, that have to be made
   */
  component(
    name: string,
    tensors: readonly TensorInfo[],
    more?: (hash: string) => Promise<readonly TensorInfo[]>,
  ): Component;
}

/** Raise it when networks' tensors get other names, so that what was made of them before is left alone. */
const namesVersion = 1;

/**
 * Opens a file of weights by its header alone.
 *
 * @throws UserError `bad-model`; for a pickle it says how to convert it
 * @example const file = await openTensorFile('/m/dreamy.safetensors', { cacheFolder }); file.below('first_stage_model.').size;
 */
export async function openTensorFile(
  file: string,
  { cacheFolder }: { readonly cacheFolder: string },
): Promise<TensorFile> {
  await pickleAdvice(file);
  const identity = await identify(file);
  const { tensors, metadata } = await readWholeHeader(identity.path);
  const checked = new Map([...tensors].filter(([name]) => isWeight(name)));
  const sha256 = once(() => checkOnce(identity, checked, cacheFolder));

  return {
    path: identity.path,
    tensors,
    metadata,

    below(prefix) {
      const found = new Map<string, TensorInfo>();
      for (const [name, info] of tensors) {
        if (!name.startsWith(prefix)) continue;
        const rest = name.slice(prefix.length);
        found.set(rest, { ...info, name: rest });
      }
      return found;
    },

    component: (name, own, more) =>
      lazyComponent(identity.path, async () => {
        const words = `${await sha256()} ${name} v${namesVersion}`;
        const hash = createHash('sha256').update(words).digest('hex');
        return { tensors: canonicalNames([...floats(own), ...((await more?.(hash)) ?? [])]), hash };
      }),
  };
}

/**
 * Whether a number that is not finite would matter. Training leaves its noise schedule behind, whose reciprocals are
 * infinite where the last step is noise alone, and averages of weights that nobody reads.
 */
function isWeight(name: string): boolean {
  return name.includes('.') && !/^(model_ema|denoiser)\./.test(name);
}
