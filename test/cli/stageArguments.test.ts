import { describe, expect, test } from 'vitest';
import { readDrawArguments } from '../../src/cli/drawArguments.js';

const read = (flags: Record<string, string>) =>
  readDrawArguments({ positionals: ['x'], flags: new Map(Object.entries(flags)) }).request;

test('hires fix, a variation, a refiner and clip skip have their places in the request', () => {
  expect(
    read({
      ...{ hires: '1.5', 'hires-strength': '0.6', 'hires-steps': '4', variation: '7:.2', 'clip-skip': '1' },
      refiner: 'models/fine.safetensors:0.7',
    }),
  ).toMatchObject({
    hires: { scale: 1.5, strength: 0.6, steps: 4 },
    variation: { seed: 7, strength: 0.2 },
    refiner: { name: 'fine', file: 'models/fine.safetensors', start: 0.7 },
    clipSkip: 1,
  });
  expect(read({ refiner: 'fine' }).refiner).toEqual({ name: 'fine', file: 'fine', start: undefined });
});

describe('is refused in one sentence:', () => {
  test.each<[string, Record<string, string>]>([
    ['Cannot draw with --hires-steps: there is no --hires, want one, as 2', { 'hires-steps': '3' }],
    ['Cannot draw with hires "big": want a number', { hires: 'big' }],
    ['Cannot draw with hires scale 0.5: want a number above 1', { hires: '0.5' }],
    ['Cannot draw with variation "7": want a seed and how much of it, as 7:0.2', { variation: '7' }],
    ['Cannot draw with variation strength 2: want a number from 0 to 1', { variation: '7:2' }],
    ['Cannot draw with refiner "": want a model, as in --refiner xl-refiner', { refiner: '' }],
    ['Cannot draw with refiner start 3: want a number from 0.01 to 0.99', { refiner: 'fine:3' }],
    ['Cannot draw with clip-skip "x": want a whole number', { 'clip-skip': 'x' }],
  ])('%s', (message, flags) => {
    expect(() => read(flags)).toThrow(expect.objectContaining({ code: 'bad-option', message }));
  });
});
