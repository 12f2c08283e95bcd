import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A tensor to be listed in a header: its shape, and its bytes where they matter. */
export interface Listed {
  readonly shape: readonly number[];
  readonly dtype?: 'F16' | 'F32' | 'I64';
  readonly bytes?: Uint8Array;
}

/** The tensors of a real model's single file, by name: SD 1.5's or SDXL's, without their numbers. */
export async function realTensors(model: 'sd15' | 'sdxl'): Promise<Map<string, Listed>> {
  const url = new URL(`../../../../bench/${model}/single.json`, import.meta.url);
  const { files } = JSON.parse(await readFile(fileURLToPath(url), 'utf8'));
  const lines: readonly (readonly [name: string, shape: number[]])[] = files[0].tensors;
  return new Map(lines.map(([name, shape]) => [name, { shape }]));
}

/**
 * A `.safetensors` file whose header is whole and whose numbers are all zero but for those given: gigabytes that take
 * no room, as file systems keep no zeros that were never written.
 */
export async function writeEmptyFile(
  path: string,
  tensors: ReadonlyMap<string, Listed>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const written: { at: number; bytes: Uint8Array }[] = [];
  let end = 0;
  for (const [name, { shape, dtype = 'F16', bytes }] of tensors) {
    const size = { F16: 2, F32: 4, I64: 8 }[dtype];
    const length = shape.reduce((product, side) => product * side, size);
    header[name] = { dtype, shape, data_offsets: [end, end + length] };
    if (bytes) written.push({ at: end, bytes });
    end += length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(text.length));
  const file = await open(path, 'w');
  try {
    await file.write(Buffer.concat([start, text]));
    await file.truncate(8 + text.length + end);
    for (const { at, bytes } of written) await file.write(bytes, 0, bytes.length, 8 + text.length + at);
  } finally {
    await file.close();
  }
}

/** Stable Diffusion 2's tensors, out of those of its neighbours: OpenCLIP's encoder, matrices for 1×1 convolutions. */
export async function sd2Tensors(): Promise<Map<string, Listed>> {
  const tensors = new Map<string, Listed>();
  for (const [name, { shape }] of await realTensors('sd15')) {
    if (name.startsWith('cond_stage_model.')) continue;
    if (/\.attn2\.to_[kv]\.weight$/.test(name)) tensors.set(name, { shape: [shape[0]!, 1024] });
    else if (/\.proj_(in|out)\.weight$/.test(name)) tensors.set(name, { shape: shape.slice(0, 2) });
    else tensors.set(name, { shape });
  }
  for (const [name, { shape }] of await realTensors('sdxl')) {
    if (!name.startsWith('conditioner.embedders.1.') || /resblocks\.(2[4-9]|3\d)\./.test(name)) continue;
    // ViT-H is 1024 channels wide where bigG is 1280.
    tensors.set(name.replace('conditioner.embedders.1.', 'cond_stage_model.'), {
      shape: shape.map((side) => (side % 1280 === 0 ? (side / 1280) * 1024 : side)),
    });
  }
  return tensors;
}

/** The same tensors with some of them of another shape. */
export function reshaped(
  tensors: ReadonlyMap<string, Listed>,
  change: (name: string, shape: readonly number[]) => readonly number[] | undefined,
): Map<string, Listed> {
  return new Map(
    [...tensors].map(([name, one]) => [name, { ...one, shape: change(name, one.shape) ?? one.shape }]),
  );
}
