import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flatName, type LoraPart } from './loraKey.js';

/** What PEFT keeps beside a LoRA's tensors instead of an alpha for each layer. */
export interface PeftConfig {
  /** What a layer's product is multiplied by, given its rank; 1 where nothing is said, as diffusers has it. */
  scale(part: LoraPart | undefined, module: string, rank: number): number;
}

const mostHeaderBytes = 16 * 2 ** 20;
const mostConfigBytes = 2 ** 20;

/**
 * The PEFT config of a LoRA file: in its header, as diffusers' `save_lora_weights` puts it there, or in an
 * `adapter_config.json` beside a file called `adapter_model.safetensors`. What cannot be read counts as not said.
 *
 * @param file whose header has been read and found good
 */
export async function readPeftConfig(file: string): Promise<PeftConfig> {
  const config = (await inHeader(file)) ?? (await beside(file)) ?? {};
  return {
    scale(part, module, rank) {
      const said = (name: string): unknown => config[`${part}.${name}`] ?? config[name];
      const alpha = patterned(said('alpha_pattern'), module) ?? said('lora_alpha') ?? said('alpha');
      if (typeof alpha !== 'number' || !Number.isFinite(alpha)) return 1;
      return alpha / (said('use_rslora') === true ? Math.sqrt(rank) : rank);
    },
  };
}

type Config = Readonly<Record<string, unknown>>;

async function inHeader(file: string): Promise<Config | undefined> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(8);
    await handle.read(start, 0, 8, 0);
    const length = Number(start.readBigUInt64LE());
    if (length > mostHeaderBytes) return undefined;
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, 8);
    const metadata = table(table(parsed(buffer.toString('utf8')))?.__metadata__);
    return table(parsed(metadata?.lora_adapter_metadata));
  } finally {
    await handle.close();
  }
}

async function beside(file: string): Promise<Config | undefined> {
  const path = join(dirname(file), 'adapter_config.json');
  if (!file.endsWith('adapter_model.safetensors')) return undefined;
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > mostConfigBytes) return undefined;
  return table(parsed(await readFile(path, 'utf8')));
}

/** PEFT takes the last parts of a module's name; what else a pattern may say is not taken for one. */
function patterned(patterns: unknown, module: string): unknown {
  for (const [pattern, alpha] of Object.entries(table(patterns) ?? {})) {
    const end = flatName(pattern.replace(/^\^/, ''));
    if (module === end || module.endsWith(`_${end}`)) return alpha;
  }
  return undefined;
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function table(value: unknown): Config | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Config) : undefined;
}
