import type { TextEncoder } from '../folder.js';
import { canonicalNames } from '../names.js';
import { refuse } from '../refuse.js';
import type { TensorInfo } from '../safetensors.js';
import { floats } from '../weights.js';
import { clipConfigOf } from './clipShape.js';
import { openClipNames } from './openClip.js';
import type { TensorFile } from './tensorFile.js';
import { transposed } from './transposed.js';

/** Which networks a file is made of. */
export type Layout = 'sd1' | 'sd2' | 'xl' | 'refiner';

interface Part {
  readonly name: 'text_encoder' | 'text_encoder_2';
  readonly prefix: string;
  /** Whose names its tensors have, and which activation. */
  readonly kind: 'clip' | 'open_clip';
  /** Whether its pooled state is asked for. */
  readonly projection: boolean;
  /** Layers that are used. */
  readonly most: number;
}

const all = Number.POSITIVE_INFINITY;
const first: Omit<Part, 'prefix'> = { name: 'text_encoder', kind: 'clip', projection: false, most: all };
const second: Omit<Part, 'prefix'> = {
  name: 'text_encoder_2',
  kind: 'open_clip',
  projection: true,
  most: all,
};

const parts: Readonly<Record<Layout, readonly Part[]>> = {
  sd1: [{ ...first, prefix: 'cond_stage_model.transformer.' }],
  // Stable Diffusion 2 was trained on what comes before the last of ViT-H's 24 layers.
  sd2: [{ ...first, prefix: 'cond_stage_model.model.', kind: 'open_clip', most: 23 }],
  xl: [
    { ...first, prefix: 'conditioner.embedders.0.transformer.' },
    { ...second, prefix: 'conditioner.embedders.1.model.' },
  ],
  refiner: [{ ...second, prefix: 'conditioner.embedders.0.model.' }],
};

/**
 * A file's layout by its text encoders; undefined where it has none.
 *
 * @example layoutOf(file); // 'xl'
 */
export function layoutOf({ tensors }: TensorFile): Layout | undefined {
  const has = (layout: Layout) => parts[layout].some(({ prefix }) => anyBelow(tensors, prefix));
  return (['xl', 'refiner', 'sd2', 'sd1'] as const).find(has);
}

function anyBelow(tensors: ReadonlyMap<string, TensorInfo>, prefix: string): boolean {
  for (const name of tensors.keys()) if (name.startsWith(prefix)) return true;
  return false;
}

/**
 * The text encoders of a single file, whose tokenizer is the one that comes with Kiln.
 *
 * @throws UserError `bad-model` where one is missing, or is none that is supported
 * @example textEncodersOf(file, 'xl', { cacheFolder })[1]!.config.projection_dim; // 1280
 */
export function textEncodersOf(
  file: TensorFile,
  layout: Layout,
  { cacheFolder }: { readonly cacheFolder: string },
): TextEncoder[] {
  return parts[layout].map(({ name, prefix, kind, projection, most }) => {
    const stored = file.below(prefix);
    if (stored.size === 0)
      refuse(
        file.path,
        `it has no ${name}, whose tensors begin with ${prefix}`,
        'a file with its text encoders',
      );
    const found =
      kind === 'clip'
        ? { tensors: [...stored.values()], projection: undefined }
        : openClipNames(stored, most);
    const matrix = projection ? projectionOf(file, prefix, found.projection) : undefined;
    const more =
      matrix &&
      (async (hash: string) => [await transposed(matrix, 'text_projection.weight', hash, cacheFolder)]);
    const names = canonicalNames(floats(found.tensors));
    const config = clipConfigOf(names, kind === 'clip' ? 'quick_gelu' : 'gelu', matrix?.shape[1], file.path);
    return {
      ...file.component(name, found.tensors, more),
      // No folder: the tokenizer is CLIP's own.
      ...{ tokenizerFolder: file.path, kind: 'clip', projection, config },
    };
  });
}

function projectionOf(file: TensorFile, prefix: string, matrix: TensorInfo | undefined): TensorInfo {
  const found = matrix
    ? `${prefix}text_projection is [${matrix.shape}]`
    : `it has no ${prefix}text_projection`;
  if (matrix?.shape.length !== 2 || floats([matrix]).length === 0) refuse(file.path, found, 'a matrix');
  return matrix;
}
