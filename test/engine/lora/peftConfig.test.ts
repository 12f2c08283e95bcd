import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPeftConfig } from '../../../src/engine/lora/peftConfig.js';
import { rawSafetensors } from '../checkpoint/safetensorsFile.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-peft-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function scaleOf(said: unknown, module = 'down_blocks_0_attn1_to_q', rank = 4): Promise<number> {
  const file = join(folder, 'x.safetensors');
  const metadata = said === undefined ? {} : { lora_adapter_metadata: JSON.stringify(said) };
  await writeFile(file, rawSafetensors(JSON.stringify({ __metadata__: metadata })));
  return (await readPeftConfig(file)).scale('unet', module, rank);
}

test.each([
  ['nothing', undefined, 1],
  ['an alpha', { 'unet.lora_alpha': 6 }, 1.5],
  ["another network's alpha", { 'text_encoder.lora_alpha': 6 }, 1],
  ['rank-stabilised LoRA', { 'unet.lora_alpha': 6, 'unet.use_rslora': true }, 3],
  ['an alpha for this layer', { 'unet.lora_alpha': 6, 'unet.alpha_pattern': { 'attn1.to_q': 2 } }, 0.5],
  ['an alpha for another layer', { 'unet.lora_alpha': 6, 'unet.alpha_pattern': { to_k: 2 } }, 1.5],
  ['an alpha for the whole name', { 'unet.alpha_pattern': { '^down_blocks.0.attn1.to_q': 8 } }, 2],
  ['an alpha that is no number', { 'unet.lora_alpha': '6' }, 1],
  ['a list', [], 1],
  ['a pattern that is none', { 'unet.alpha_pattern': 7, 'unet.lora_alpha': 8 }, 2],
])('with %s in its header a layer counts so much', async (_, said, wanted) => {
  expect(await scaleOf(said)).toBe(wanted);
});

test("PEFT's own files have a config beside them", async () => {
  const file = join(folder, 'adapter_model.safetensors');
  await writeFile(file, rawSafetensors('{}'));
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ lora_alpha: 8, r: 4 }));
  expect((await readPeftConfig(file)).scale(undefined, 'conv_in', 4)).toBe(2);
  await writeFile(join(folder, 'adapter_config.json'), 'nonsense');
  expect((await readPeftConfig(file)).scale(undefined, 'conv_in', 4)).toBe(1);
});
