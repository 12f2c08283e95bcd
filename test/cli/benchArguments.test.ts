import { expect, test } from 'vitest';
import { readBenchArguments } from '../../src/cli/benchArguments.js';

function read(flags: Record<string, string>, ...positionals: string[]) {
  return readBenchArguments({ positionals, flags: new Map(Object.entries(flags)) });
}

test('what is not asked for is measured whole, thrice, against nobody', () => {
  expect(read({})).toEqual({
    ...{ seed: 0, images: 1, rounds: 3, calls: 3, compare: [], python: 'python3', json: false },
    only: new Set(['cold', 'warm', 'call', 'batch', 'forms']),
    qualities: ['exact', 'balanced', 'fast'],
  });
});

test('every flag has its place', () => {
  const flags = {
    ...{ model: 'sd15', device: 'cuda:1', size: '512', steps: '8', guidance: '7.5', seed: '7', images: '3' },
    ...{ rounds: '5', calls: '1', only: 'warm,call', quality: 'fast', compare: 'diffusers', python: 'py' },
    ...{ 'peer-program': 'peer.mjs', out: 'results', json: '' },
  };
  expect(read(flags)).toEqual({
    ...{ model: 'sd15', device: 'cuda:1', size: 512, steps: 8, guidance: 7.5, seed: 7, images: 3 },
    ...{ rounds: 5, calls: 1, only: new Set(['warm', 'call']), qualities: ['exact', 'fast'] },
    ...{ compare: ['diffusers'], python: 'py', peerProgram: 'peer.mjs', out: 'results', json: true },
  });
});

test("exact is always Kiln's first row", () => {
  expect(read({ quality: 'fast,balanced' }).qualities).toEqual(['exact', 'balanced', 'fast']);
  expect(read({ quality: 'exact' }).qualities).toEqual(['exact']);
});

test.each<[Record<string, string>, string]>([
  [{ size: '0' }, 'Cannot measure: found --size "0", want a whole number from 8 to 4096'],
  [{ size: '512x512' }, 'Cannot measure: found --size "512x512", want a whole number from 8 to 4096'],
  [{ steps: '1001' }, 'Cannot measure: found --steps "1001", want a whole number from 1 to 1000'],
  [{ guidance: '-1' }, 'Cannot measure: found --guidance "-1", want a number from 0 to 100'],
  [{ images: '17' }, 'Cannot measure: found --images "17", want a whole number from 1 to 16'],
  [{ rounds: '0' }, 'Cannot measure: found --rounds "0", want a whole number from 1 to 100'],
  [{ rounds: '1.5' }, 'Cannot measure: found --rounds "1.5", want a whole number from 1 to 100'],
  [{ only: 'cold,hot' }, 'Cannot measure: found --only "hot", want some of cold, warm, call, batch, forms'],
  [{ quality: 'best' }, 'Cannot measure: found --quality "best", want some of exact, balanced, fast'],
  [{ device: 'gpu' }, 'Cannot measure: found --device "gpu", want auto, cpu, cuda or webgpu'],
  [{ compare: 'torch' }, 'Cannot compare with "torch": want some of diffusers, '],
])('%j is refused', (flags, message) => {
  expect(() => read(flags)).toThrow(message);
});

test('a prompt has no place', () => {
  expect(() => read({}, 'a dog')).toThrow('Cannot measure: found "a dog", want flags alone');
});
