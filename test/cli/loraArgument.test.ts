import { expect, test } from 'vitest';
import { locateLoras, readLoraArgument } from '../../src/cli/loraArgument.js';

test.each([
  ['ink', { name: 'ink', weight: 1 }],
  ['ink:0.8', { name: 'ink', weight: 0.8 }],
  ['ink:-1', { name: 'ink', weight: -1 }],
  ['ink:.5', { name: 'ink', weight: 0.5 }],
  ['ink:loud', { name: 'ink:loud', weight: 1 }],
  ['my/ink.safetensors', { name: 'ink', file: 'my/ink.safetensors', weight: 1 }],
  ['ink.safetensors:0.3', { name: 'ink', file: 'ink.safetensors', weight: 0.3 }],
  ['C:\\loras\\ink.safetensors', { file: 'C:\\loras\\ink.safetensors', weight: 1 }],
])('--lora %s', (text, wanted) => {
  expect(readLoraArgument(text)).toMatchObject(wanted);
});

test('no name at all is refused', () => {
  expect(() => readLoraArgument('')).toThrow(/^Cannot draw with lora "": want a name or a file/);
});

test('a LoRA that is not there is told before a model is opened', async () => {
  await expect(locateLoras([{ name: 'ink', weight: 1 }], ['/nowhere'])).rejects.toThrow(
    'Cannot draw with LoRA "ink": found none of that name, want one in the models\' folder loras',
  );
  await expect(locateLoras([{ name: 'ink', file: './ink.safetensors', weight: 1 }], [])).rejects.toThrow(
    'Cannot draw with LoRA "./ink.safetensors": there is no such file, want one',
  );
});
