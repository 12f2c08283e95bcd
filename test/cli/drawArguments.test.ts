import { expect, test } from 'vitest';
import { readDrawArguments } from '../../src/cli/drawArguments.js';

function read(flags: Record<string, string>, ...positionals: string[]) {
  return readDrawArguments({
    positionals: positionals.length > 0 ? positionals : ['x'],
    flags: new Map(Object.entries(flags)),
  });
}

test('every flag has its place in the request', () => {
  const flags = {
    ...{
      negative: 'blur',
      width: '128',
      height: '64',
      steps: '4',
      guidance: '1.5',
      seed: '7',
      scheduler: 'lcm',
    },
    ...{
      init: 'a.png',
      strength: '0.5',
      decoder: 'tiny',
      quality: 'fast',
      model: 'sprite',
      device: 'cuda:1',
      out: 'b.png',
      json: '',
      count: '2',
    },
  };
  expect(read(flags, 'a dog')).toEqual({
    request: {
      ...{ prompt: 'a dog', negative: 'blur', width: 128, height: 64, steps: 4, guidance: 1.5 },
      ...{ scheduler: 'lcm', strength: 0.5, decoder: 'tiny', quality: 'fast' },
    },
    seeds: [7, 8],
    model: 'sprite',
    device: 'cuda:1',
    init: 'a.png',
    out: 'b.png',
    json: true,
  });
});

test('what is not asked for stays open, but for the seed', () => {
  const { request, seeds, ...rest } = read({});
  expect(Object.values(request).filter((value) => value !== undefined)).toEqual(['x']);
  expect(seeds).toEqual([expect.any(Number)]);
  expect(rest).toEqual({ json: false });
});

test.each([
  ['canny', { name: 'canny', file: undefined }],
  ['my/lines.safetensors', { name: 'lines', file: 'my/lines.safetensors' }],
  ['lines.safetensors', { name: 'lines', file: 'lines.safetensors' }],
  ['./canny', { name: 'canny', file: './canny' }],
])('a ControlNet is named, or given by its path: %s', (control, named) => {
  const flags = {
    'control-scale': '0.5',
    'control-start': '.1',
    'control-end': '0.9',
    'control-detect': 'canny',
  };
  expect(read({ control, 'control-image': 'a.png', ...flags }).control).toEqual({
    ...{ ...named, picture: 'a.png', scale: 0.5, start: 0.1, end: 0.9, detect: 'canny' },
  });
});

test.each<[Record<string, string>, string]>([
  [{ control: 'canny' }, 'Cannot draw with ControlNet "canny": it has no picture, want --control-image FILE'],
  [{ 'control-image': 'a.png' }, 'Cannot draw with --control-image: there is no --control, want one'],
  [{ 'control-scale': '5' }, 'control scale 5: want a number from 0 to 4'],
  [{ 'control-start': '1' }, 'control start 1: want one before its end, 1'],
  [{ 'control-end': 'x' }, 'control-end "x": want a number'],
  [{ 'control-detect': 'depth' }, 'control-detect "depth": want canny or scribble'],
])('a ControlNet is refused with %j', (flags, message) => {
  const isWhole = !('control' in flags || 'control-image' in flags);
  expect(() => read(isWhole ? { control: 'c', 'control-image': 'a.png', ...flags } : flags)).toThrow(message);
});

test('a mask, margins and what special models take are read', () => {
  const flags = {
    init: 'a.png',
    mask: 'alpha',
    extend: '0,8,256,0',
    'image-guidance': '1.2',
    'noise-level': '40',
  };
  const { request, mask, extend } = read(flags);
  expect(request).toMatchObject({ imageGuidance: 1.2, noiseLevel: 40 });
  expect([mask, extend]).toEqual(['alpha', { left: 0, top: 8, right: 256, bottom: 0 }]);
});

test('an empty negative prompt is not the same as none', () => {
  expect(read({ negative: '' }).request.negative).toBe('');
});

test('random seeds leave room for the pictures that count up from them', () => {
  for (let i = 0; i < 200; i++) {
    const { seeds } = read({ count: '64' });
    expect(seeds).toHaveLength(64);
    expect(seeds.at(-1)).toBeLessThanOrEqual(2 ** 32 - 1);
  }
});

test('the last seed there is can be drawn from', () => {
  expect(read({ seed: '4294967294', count: '2' }).seeds).toEqual([4294967294, 4294967295]);
});

test.each<[Record<string, string>, string[], RegExp]>([
  [{}, ['a', 'dog'], /^Cannot draw: found 2 prompts, want one, in quotes/],
  [
    { seed: '4294967296' },
    ['x'],
    /^Cannot draw with seed 4294967296: want a whole number from 0 to 4294967295$/,
  ],
  [{ seed: '-1' }, ['x'], /^Cannot draw with seed -1: want a whole number from 0 to/],
  [{ seed: '1.5' }, ['x'], /^Cannot draw with seed "1.5": want a whole number$/],
  [
    { seed: '4294967295', count: '2' },
    ['x'],
    /^Cannot draw 2 pictures: the last seed is 4294967296, want at most/,
  ],
  [{ count: '0' }, ['x'], /^Cannot draw 0 pictures: want from 1 to 64$/],
  [{ count: '65' }, ['x'], /^Cannot draw 65 pictures: want from 1 to 64$/],
  [{ steps: '0' }, ['x'], /^Cannot draw with steps 0: want a whole number from 1 to 1000$/],
  [{ steps: '1001' }, ['x'], /^Cannot draw with steps 1001: want/],
  [{ steps: '1e2' }, ['x'], /^Cannot draw with steps "1e2": want a whole number$/],
  [{ steps: '' }, ['x'], /^Cannot draw with steps "": want a whole number$/],
  [{ guidance: 'NaN' }, ['x'], /^Cannot draw with guidance "NaN": want a number$/],
  [{ guidance: '-1' }, ['x'], /^Cannot draw with guidance -1: want a number from 0 to/],
  [{ init: 'a.png', strength: '1.01' }, ['x'], /^Cannot draw with strength 1.01: want a number from 0 to 1$/],
  [{ strength: '0.5' }, ['x'], /^Cannot draw with strength 0.5: there is no picture to start from/],
  [{ mask: 'm.png' }, ['x'], /^Cannot draw with a mask: there is no picture that it belongs to/],
  [{ extend: '0,0,8,0' }, ['x'], /^Cannot draw with a mask: there is no picture that it belongs to/],
  ...['8', '0,0,0,0', '0,0,-8,0', '0,0,2049,0', '1,2,3,4,5'].map(
    (extend): [Record<string, string>, string[], RegExp] => [
      { init: 'a.png', extend },
      ['x'],
      /^Cannot draw with extend ".*": want pixels to the left, the top, the right and the bottom/,
    ],
  ),
  [{ 'noise-level': '351' }, ['x'], /^Cannot draw with noise level 351: want a whole number from 0 to 350$/],
  [{ 'image-guidance': 'x' }, ['x'], /^Cannot draw with image-guidance "x": want a number$/],
  [{ width: '0' }, ['x'], /^Cannot draw with width "0": want a whole number of pixels above 0$/],
  [{ scheduler: 'ddpm' }, ['x'], /^Cannot draw with scheduler "ddpm": want one of ddim, pndm, /],
  [{ quality: 'low' }, ['x'], /^Cannot draw with quality "low": want exact, balanced or fast$/],
  [{ decoder: '' }, ['x'], /^Cannot draw with decoder "": want full or tiny$/],
  [{ device: 'gpu' }, ['x'], /^Cannot draw on device "gpu": want auto, cpu, cuda or webgpu$/],
])('%j for %j is refused', (flags, positionals, message) => {
  expect(() => read(flags, ...positionals)).toThrow(message);
});
