import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { checkOnce } from '../checkpoint/check.js';
import { identify } from '../checkpoint/identity.js';
import { quote, refuse } from '../checkpoint/refuse.js';
import { readHeader, type TensorInfo } from '../checkpoint/safetensors.js';
import { safetensorsIn } from '../safetensorsIn.js';
import { type LoraPart, type LoraRole, readLoraKey } from './loraKey.js';
import { type PeftConfig, readPeftConfig } from './peftConfig.js';
import { readScalars } from './readScalars.js';

/** All of a LoRA file that belongs to one module. */
export interface LoraLayer {
  readonly part?: LoraPart;
  /** As in `LoraKey`. */
  readonly module: string;
  readonly tensors: Readonly<Partial<Record<LoraRole, TensorInfo>>>;
  /** The file's own number; undefined where it has none. */
  readonly alpha: number | undefined;
}

/** A LoRA file, read as far as its header and its alphas. */
export interface Lora {
  readonly file: string;
  /** SHA-256 of the file, in hex. */
  readonly hash: string;
  /** As web UIs tell LoRAs apart: SHA-256 of what comes after the header, its first 12 digits. */
  readonly shortHash: string;
  readonly layers: readonly LoraLayer[];
  /** Names of tensors that are of no LoRA that is known here. */
  readonly strange: readonly string[];
  /** How many tensors it has. */
  readonly count: number;
  readonly peft: PeftConfig;
}

// Of real files the largest, SDXL's at full rank, are below 6 GB.
const mostBytes = 8 * 2 ** 30;
const fileNames = ['pytorch_lora_weights.safetensors', 'adapter_model.safetensors'];

/**
 * Opens a LoRA as hostile input. Once for each content it is read through, which refuses NaN and infinities.
 *
 * @param path a file, or a folder as diffusers and PEFT write it
 * @throws UserError `bad-model`
 * @example (await openLora('/models/loras/ink.safetensors', cacheFolder)).layers.length; // 264
 */
export async function openLora(path: string, cacheFolder: string): Promise<Lora> {
  const file = await safetensorsIn(path, fileNames);
  const identity = await identify(file);
  if (identity.size > mostBytes) {
    refuse(
      file,
      `it is ${(identity.size / 2 ** 30).toFixed(1)} GB long`,
      `at most ${mostBytes / 2 ** 30} GB`,
    );
  }
  const tensors = await readHeader(identity.path);
  const hash = await checkOnce(identity, tensors, cacheFolder);
  const { layers, strange } = await group(tensors);
  return {
    ...{ file: identity.path, hash, layers, strange },
    count: tensors.size,
    shortHash: await hashOfData(identity.path, tensors),
    peft: await readPeftConfig(identity.path),
  };
}

async function group(
  tensors: ReadonlyMap<string, TensorInfo>,
): Promise<{ layers: readonly LoraLayer[]; strange: readonly string[] }> {
  const strange: string[] = [];
  const found = new Map<
    string,
    { part?: LoraPart; module: string; tensors: Partial<Record<LoraRole, TensorInfo>> }
  >();
  for (const info of tensors.values()) {
    const key = readLoraKey(info.name);
    if (!key) {
      strange.push(info.name);
      continue;
    }
    const { part, module, role } = key;
    const id = `${part} ${module}`;
    const layer = found.get(id) ?? { part, module, tensors: {} };
    found.set(id, layer);
    const other = layer.tensors[role];
    if (other)
      refuse(
        info.file,
        `tensors ${quote(other.name)} and ${quote(info.name)} are for the same`,
        'one of them',
      );
    layer.tensors[role] = info;
  }
  const alphas = [...found.values()].flatMap((layer) => layer.tensors.alpha ?? []);
  const values = await readScalars(alphas);
  const layers = [...found.values()].map((layer) => ({
    ...layer,
    alpha: layer.tensors.alpha && values.get(layer.tensors.alpha),
  }));
  return { layers, strange };
}

async function hashOfData(file: string, tensors: ReadonlyMap<string, TensorInfo>): Promise<string> {
  const start = Math.min(...[...tensors.values()].map(({ offset }) => offset));
  const hash = createHash('sha256');
  if (Number.isFinite(start)) for await (const chunk of createReadStream(file, { start })) hash.update(chunk);
  return hash.digest('hex').slice(0, 12);
}
