import { describe, expect, it } from 'vitest';
import type { TensorInfo } from '../../../src/engine/checkpoint/safetensors.js';
import { architectureOf, isUpscalerOf } from '../../../src/engine/upscaler/architecture.js';
import { recordedUpscalers } from '../../fixtures/upscalers.js';

type Shapes = Record<string, readonly number[]>;

describe('what a file is, by the names and shapes of its tensors', () => {
  it.each(recordedUpscalers)('$name', ({ name, scale }) => {
    const tensors = tensorsOf(shapesOf(name));
    expect(isUpscalerOf(tensors)).toBe(true);
    expect(architectureOf(tensors, 'x').scale).toBe(scale);
  });

  it.each<[string, Shapes]>([
    ['no tensors', {}],
    [
      'a U-Net',
      { 'conv_in.weight': [320, 4, 3, 3], 'down_blocks.0.resnets.0.conv1.weight': [320, 320, 3, 3] },
    ],
    ['a single file', { 'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3] }],
    ['layers of another kind', { 'body.0.weight': [64, 3, 3, 3], 'body.1.weight': [64, 64, 3, 3] }],
  ])('is none: %s', (_, shapes) => {
    expect(isUpscalerOf(tensorsOf(shapes))).toBe(false);
    expect(() => architectureOf(tensorsOf(shapes), 'x')).toThrow(/no upscaler that is known, want RRDBNet/);
  });
});

describe('a file that lies is refused', () => {
  const esrgan = 'esrgan-x4';
  it.each<[string, string, Shapes, string]>([
    [
      'grey pictures',
      esrgan,
      { 'model.0.weight': [8, 1, 3, 3] },
      'takes 1 channels and gives 3, want 3, 12 or 48',
    ],
    ['transparent ones', esrgan, { 'model.10.weight': [4, 8, 3, 3] }, 'takes 3 channels and gives 4'],
    ['5×5 pixels', esrgan, { 'model.0.weight': [8, 3, 5, 5] }, '[8,3,5,5], want a convolution of 3×3'],
    ['no channels', esrgan, { 'model.0.weight': [0, 3, 3, 3] }, 'conv_first.weight is [0,3,3,3]'],
    ['a layer too many', esrgan, { 'model.12.weight': [3, 8, 3, 3] }, 'its last layer is model.12'],
    [
      'millions of layers',
      esrgan,
      { 'model.3000001.weight': [3, 8, 3, 3] },
      'its last layer is model.3000001',
    ],
    ['millions of doublings', 'real-x4', { 'conv_up3000001.weight': [1] }, 'doubles pictures 3000001 times'],
    ['giants', 'real-x4', { 'conv_up6.weight': [12, 12, 3, 3] }, '64 times as large, want 1 to 16 times'],
    [
      'millions of blocks',
      'real-x4',
      { 'body.9999999.rdb1.conv1.weight': [1] },
      '10000000 layers of 12 channels',
    ],
    [
      'a tensor that nothing uses',
      'real-x4',
      { 'attention.weight': [3] },
      'it has tensor "attention.weight"',
    ],
    ['one tensor twice', 'bsrgan-x2', { 'conv_hr.weight': [8, 8, 3, 3] }, '"conv_hr.weight" under two names'],
    ['no whole squares', 'compact-x4', { 'body.10.weight': [42, 16, 3, 3] }, 'gives 42'],
    ['an odd end', 'compact-x4', { 'body.11.weight': [48, 16, 3, 3] }, 'its last layer is body.11'],
  ])('%s', (_, name, lies, words) => {
    const tensors = tensorsOf({ ...shapesOf(name), ...lies });
    expect(() => architectureOf(tensors, 'x')).toThrow(
      expect.objectContaining({ code: 'bad-model', message: expect.stringContaining(words) }),
    );
  });

  it('a network that makes pictures smaller', () => {
    const kept = Object.entries(shapesOf('real-x1')).filter(([name]) => !name.startsWith('conv_up2'));
    expect(() => architectureOf(tensorsOf(Object.fromEntries(kept)), 'x')).toThrow(/0.5 times as large/);
  });
});

function shapesOf(name: string): Shapes {
  const { tensors } = recordedUpscalers.find((one) => one.name === name)!;
  return Object.fromEntries(tensors.map(([tensor, shape]) => [tensor, shape]));
}

function tensorsOf(shapes: Shapes): Map<string, TensorInfo> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { name, shape, dtype: 'F32', file: 'x', offset: 0, length: 0 },
    ]),
  );
}
