import { UserError } from '../../errors.js';
import { checkOnce } from '../checkpoint/check.js';
import { identify } from '../checkpoint/identity.js';
import { quote, refuse } from '../checkpoint/refuse.js';
import { readHeader, readTensor, type TensorInfo } from '../checkpoint/safetensors.js';
import { safetensorsIn } from '../safetensorsIn.js';

/** A textual inversion: what a word of a prompt stands for, in vectors as the token table has them. */
export interface Embedding {
  readonly name: string;
  /** SHA-256 of the file, in hex. */
  readonly hash: string;
  /** For each text encoder its vectors, one a token. */
  readonly vectors: readonly (readonly Float32Array[])[];
}

/** What an embedding must fit: the text encoders' widths, and whether a model's only one is SDXL's second. */
export interface EncoderWidths {
  readonly widths: readonly number[];
  readonly onlySecond: boolean;
}

const fileNames = ['learned_embeds.safetensors'];
const mostBytes = 64 * 2 ** 20;
const mostVectors = 75;

/** What trainers call the vectors of SDXL's two encoders. */
const pairs = [
  ['clip_l', 'clip_g'],
  ['text_encoders_0', 'text_encoders_1'],
] as const;
/** What web UIs call those of an only one; diffusers' files have one tensor, named as its token. */
const singles = ['emb_params', 'string_to_param.*', '*'];

/**
 * Opens an embedding as hostile input, and holds it against the model.
 *
 * @param path a file, or diffusers' folder
 * @throws UserError `bad-model` for a broken file, or one made for another kind of model
 * @example (await openEmbedding('cat-toy', '/models/embeddings/cat-toy.safetensors', { widths: [768], onlySecond: false }, cacheFolder)).vectors;
 */
export async function openEmbedding(
  name: string,
  path: string,
  encoders: EncoderWidths,
  cacheFolder: string,
): Promise<Embedding> {
  const file = await safetensorsIn(path, fileNames);
  const identity = await identify(file);
  if (identity.size > mostBytes) {
    refuse(
      file,
      `it is ${(identity.size / 2 ** 20).toFixed(0)} MB long`,
      `an embedding of at most ${mostBytes / 2 ** 20} MB`,
    );
  }
  const tensors = await readHeader(identity.path);
  const hash = await checkOnce(identity, tensors, cacheFolder);
  const chosen = choose(name, tensors, encoders, file);
  const vectors = await Promise.all(chosen.map((info, i) => rowsOf(name, info, encoders.widths[i]!)));
  return { name, hash, vectors };
}

/** A tensor for each text encoder. */
function choose(
  name: string,
  tensors: ReadonlyMap<string, TensorInfo>,
  { widths, onlySecond }: EncoderWidths,
  file: string,
): TensorInfo[] {
  const pair = pairs.find((names) => names.some((one) => tensors.has(one)));
  if (pair) {
    const found = pair.map((one) => tensors.get(one));
    if (widths.length === 2 && found[0] && found[1]) return [found[0], found[1]];
    if (widths.length === 1 && onlySecond && found[1]) return [found[1]];
    const have = found.filter(Boolean).length;
    throw misfit(
      name,
      `it has vectors for ${have === 2 ? 'two text encoders' : 'one of two text encoders'}`,
      widths,
    );
  }
  const single = singles.map((one) => tensors.get(one)).find(Boolean) ?? only(tensors);
  if (!single) {
    const named = [...tensors.keys()].slice(0, 3).map(quote).join(', ');
    return refuse(
      file,
      `its ${tensors.size} tensors are ${named || 'none'}`,
      'emb_params, clip_l and clip_g, or one tensor',
    );
  }
  if (widths.length === 1) return [single];
  throw misfit(name, 'it has vectors for one text encoder', widths);
}

function only(tensors: ReadonlyMap<string, TensorInfo>): TensorInfo | undefined {
  return tensors.size === 1 ? [...tensors.values()][0] : undefined;
}

async function rowsOf(name: string, info: TensorInfo, width: number): Promise<Float32Array[]> {
  const { file, shape, dtype } = info;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    refuse(file, `tensor ${quote(info.name)} is ${dtype}`, 'F32, F16 or BF16');
  }
  const [count, found] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  if (shape.length < 1 || shape.length > 2 || count < 1 || count > mostVectors) {
    refuse(file, `tensor ${quote(info.name)} is [${shape.join(', ')}]`, `1 to ${mostVectors} vectors`);
  }
  if (found !== width) throw misfit(name, `its vectors are ${found} numbers long`, [width]);
  const values = await readTensor(info);
  return Array.from({ length: count }, (_, i) => values.subarray(i * width, (i + 1) * width));
}

function misfit(name: string, found: string, widths: readonly number[]): UserError {
  const wanted =
    widths.length === 1
      ? `vectors of ${widths[0]}, as this model's text encoder has them`
      : `clip_l and clip_g of ${widths.join(' and ')}, as this model's text encoders have them`;
  return new UserError('bad-model', `Cannot draw with embedding ${quote(name)}: ${found}, want ${wanted}`);
}
