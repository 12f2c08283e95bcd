import { chooseWeights, variants } from '../engine/checkpoint/chooseWeights.js';
import { readJson } from '../engine/checkpoint/json.js';
import { quote } from '../engine/checkpoint/refuse.js';
import { UserError } from '../errors.js';
import type { Kind } from './kinds.js';
import type { Repo } from './repo.js';

const maxJsonBytes = 1_000_000;

const tokenizerFiles = [
  'tokenizer_config.json',
  'tokenizer.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'special_tokens_map.json',
  'added_tokens.json',
];

/** What a pipeline of Kiln's is made of, as model_index.json calls it; all else in a repo is left there. */
const configsOf: Readonly<Record<string, readonly string[]>> = {
  unet: ['config.json'],
  vae: ['config.json'],
  text_encoder: ['config.json'],
  text_encoder_2: ['config.json'],
  safety_checker: ['config.json'],
  tokenizer: tokenizerFiles,
  tokenizer_2: tokenizerFiles,
  scheduler: ['scheduler_config.json'],
  low_res_scheduler: ['scheduler_config.json'],
  feature_extractor: ['preprocessor_config.json'],
};
const withWeights = ['unet', 'vae', 'text_encoder', 'text_encoder_2', 'safety_checker'];

/** Classes that stand alone in a repo, with their config at its root. */
const aloneClasses: Readonly<Record<string, Kind>> = {
  ControlNetModel: 'controlnet',
  AutoencoderKL: 'vae',
  AutoencoderTiny: 'vae',
};

/**
 * The components that a pipeline's `model_index.json` names and Kiln has a use for; a hostile index names no others.
 *
 * @param indexFile the file, here
 * @throws UserError `bad-model` when it is no JSON object
 * @example await namedComponents('/…/model_index.json'); // ['scheduler', 'text_encoder', …]
 */
export async function namedComponents(indexFile: string): Promise<readonly string[]> {
  const index = await readJson(indexFile, maxJsonBytes);
  const named = index !== null && typeof index === 'object' ? (index as Record<string, unknown>) : {};
  return Object.keys(configsOf).filter((name) => {
    const value = Object.hasOwn(named, name) ? named[name] : undefined;
    return Array.isArray(value) && typeof value[1] === 'string';
  });
}

/** The configs of components that a repo has, by path. */
export function configPaths(components: readonly string[], { files }: Pick<Repo, 'files'>): string[] {
  return components
    .flatMap((component) => configsOf[component]!.map((name) => `${component}/${name}`))
    .filter((path) => files.has(path));
}

/** A repo of one network: what it is, by its `config.json`; undefined for a class that is none of Kiln's. */
export async function aloneKind(configFile: string): Promise<Kind | undefined> {
  const config = await readJson(configFile, maxJsonBytes);
  const name =
    config !== null && typeof config === 'object' && '_class_name' in config ? config._class_name : undefined;
  return typeof name === 'string' && Object.hasOwn(aloneClasses, name) ? aloneClasses[name] : undefined;
}

/**
 * The weight file, or index of several, of each component that has weights: the variant that is asked for where there
 * is one, as diffusers does, else the one that Kiln would open.
 *
 * @param folders of the components in the repo, '' for its root
 * @throws UserError `bad-model` for a component without safetensors, or a variant that none of them has
 * @example weightPaths(['unet', 'vae'], repo, 'fp16', action); // ['unet/diffusion_pytorch_model.fp16.safetensors', …]
 */
export function weightPaths(
  folders: readonly string[],
  repo: Pick<Repo, 'files'>,
  variant: string | undefined,
  action: string,
): string[] {
  const refuse = (found: string, wanted: string): never => {
    throw new UserError('bad-model', `${action}: ${found}, want ${wanted}`);
  };
  const found = folders
    .filter((folder) => folder === '' || withWeights.includes(folder))
    .map((folder) => {
      const prefix = folder === '' ? '' : `${folder}/`;
      const names = [...repo.files.keys()]
        .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
        .map((path) => path.slice(prefix.length));
      const special = variant === undefined ? undefined : chooseWeights(names, variant);
      const name = special ?? chooseWeights(names);
      if (name === undefined) {
        const pickle = names.find((one) => /\.(bin|ckpt|pt|pth|msgpack|h5|onnx)$/.test(one));
        const what = folder || 'its root';
        return refuse(
          pickle ? `${what} has its weights in ${quote(pickle)} alone` : `${what} has no weights`,
          'a repo with .safetensors',
        );
      }
      return { path: `${prefix}${name}`, special: special !== undefined, variants: variants(names) };
    });
  if (variant !== undefined && !found.some(({ special }) => special)) {
    const all = [...new Set(found.flatMap((one) => one.variants))].slice(0, 10).join(', ');
    refuse(`it has no variant ${quote(variant)}`, all ? `one of ${all}, or none` : 'none');
  }
  return found.map(({ path }) => path);
}
