import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Weights } from '../../../src/engine/checkpoint/weights.js';
import { fitLora, type Target } from '../../../src/engine/lora/fitLora.js';
import { mergeLayer } from '../../../src/engine/lora/mergeLayer.js';
import { indexModules } from '../../../src/engine/lora/moduleIndex.js';
import { multiply } from '../../../src/engine/lora/multiply.js';
import { openLora } from '../../../src/engine/lora/openLora.js';
import { bits16, f32, safetensors, type TensorBytes } from '../checkpoint/safetensorsFile.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-lora-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A U-Net of named shapes, whose numbers nobody reads. */
function unet(shapes: Record<string, readonly number[]>): Target {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    return [name, { name, dtype: 'F32', shape, file: '', offset: 0, length: 0 }] as const;
  });
  const weights: Weights = { tensors: new Map(tensors), hash: '' };
  return { part: 'unet', weights, modules: indexModules('unet', weights) };
}

const small = unet({ 'proj.weight': [2, 3], 'proj.bias': [2] });
const rankTwo = {
  'lora_unet_proj.lora_down.weight': f32([1, 0, 0, 0, 1, 0], [2, 3]),
  'lora_unet_proj.lora_up.weight': f32([1, 2, 3, 4], [2, 2]),
};

async function opened(tensors: Record<string, TensorBytes>, name = 'x.safetensors') {
  await writeFile(join(folder, name), safetensors(tensors));
  return openLora(join(folder, name), folder);
}

/** What a LoRA adds to a weight of zeros [2, 3] at weight 1. */
async function added(tensors: Record<string, TensorBytes>): Promise<number[]> {
  const change = fitLora('x', await opened(tensors), [small])
    .changes.get('unet')!
    .get('proj.weight')!;
  const shape = { rows: 2, inputs: 3, kernel: 1 };
  return Array.from(await mergeLayer(new Float32Array(6), shape, [{ ...change, weight: 1 }], multiply));
}

describe('alpha is a number of any type, by which the product counts alpha / rank', () => {
  const bytes = (array: Float64Array | BigInt64Array | Int32Array) => new Uint8Array(array.buffer);
  test.each<[string, TensorBytes | undefined, number]>([
    ['none', undefined, 1],
    ['F32', f32([1], []), 0.5],
    ['F16', { ...bits16('F16', [0x4400]), shape: [] }, 2],
    ['BF16', { ...bits16('BF16', [0x4080]), shape: [1] }, 2],
    ['F64', { dtype: 'F64', shape: [], bytes: bytes(Float64Array.of(3)) }, 1.5],
    ['I64', { dtype: 'I64', shape: [], bytes: bytes(BigInt64Array.of(8n)) }, 4],
    ['I32', { dtype: 'I32', shape: [], bytes: bytes(Int32Array.of(6)) }, 3],
    ["0, which is kohya's none", f32([0], []), 1],
  ])('%s', async (_, alpha, factor) => {
    const tensors = alpha ? { ...rankTwo, 'lora_unet_proj.alpha': alpha } : rankTwo;
    expect(await added(tensors)).toEqual([1, 2, 0, 3, 4, 0].map((value) => value * factor));
  });
});

test("PEFT's own folder has its alpha in a config, and names without a network", async () => {
  await mkdir(join(folder, 'ink'));
  await writeFile(join(folder, 'ink', 'adapter_config.json'), '{"lora_alpha": 4, "r": 2}');
  const peft = Object.fromEntries(
    Object.entries(rankTwo).map(([name, tensor]) => [
      name
        .replace('lora_unet_proj.lora_down', 'base_model.model.proj.lora_A')
        .replace('lora_unet_proj.lora_up', 'base_model.model.proj.lora_B'),
      tensor,
    ]),
  );
  await writeFile(join(folder, 'ink', 'adapter_model.safetensors'), safetensors(peft));
  const { changes, unmatched } = fitLora('ink', await openLora(join(folder, 'ink'), folder), [small]);
  expect(unmatched).toEqual([]);
  expect(changes.get('unet')!.get('proj.weight')!.scale).toBe(2);
});

test('a folder without the one file that could be meant is refused', async () => {
  await mkdir(join(folder, 'ink'));
  await expect(openLora(join(folder, 'ink'), folder)).rejects.toThrow(
    /^Cannot open .*ink: there are 0 .safetensors files in it, want pytorch_lora_weights.safetensors or adapter_model/,
  );
  for (const name of ['a', 'b'])
    await writeFile(join(folder, 'ink', `${name}.safetensors`), safetensors(rankTwo));
  await expect(openLora(join(folder, 'ink'), folder)).rejects.toThrow(/there are 2 .safetensors files in it/);
});

test('a bias that changes counts as its factors do, or outright', async () => {
  const lora = await opened({
    ...rankTwo,
    'lora_unet_proj.lora_up.bias': f32([5, 6]),
    'lora_unet_proj.alpha': f32([1], []),
  });
  expect(fitLora('x', lora, [small]).changes.get('unet')!.get('proj.bias')).toMatchObject({ scale: 0.5 });
  const full = await opened({ 'lora_unet_proj.diff_b': f32([5, 6]) }, 'y.safetensors');
  const changes = fitLora('y', full, [small]).changes.get('unet')!;
  expect([...changes.keys()]).toEqual(['proj.bias']);
  expect(changes.get('proj.bias')).toMatchObject({ scale: 1 });
});

test('the family that a LoRA was made for is told by the width of its text states', async () => {
  const attention = 'down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k';
  const tensors = {
    [`unet.${attention}.lora_A.weight`]: f32(Array(2048).fill(0), [1, 2048]),
    [`unet.${attention}.lora_B.weight`]: f32(Array(640).fill(0), [640, 1]),
  };
  const lora = await opened(tensors);
  const fitTo = (width: number) => fitLora('xl', lora, [unet({ [`${attention}.weight`]: [640, width] })]);
  expect(() => fitTo(768)).toThrow(
    'Cannot draw with LoRA "xl": it was made for SDXL, want one made for Stable Diffusion 1, as this model is',
  );
  expect(() => fitTo(32)).toThrow(
    /it is for another kind of model, whose unet.down_blocks.* is 640×2048, want 640×32/,
  );
  expect(fitTo(2048).unmatched).toEqual([]);
});
