import fc from 'fast-check';
import { expect, test } from 'vitest';
import { takeLoras } from '../src/engine/lora/loraPrompt.js';
import { promptLoras, withoutLoras } from '../src/promptLoras.js';

test('a LoRA is named with none, one or two weights, and the words around it stay', () => {
  const prompt = 'a cat <lora:ink:0.8>, <lora: Wash v2 > asleep<lora:far:1:.5> <lora:> <lora:a<b> <Lora:x:1>';
  expect(promptLoras(prompt)).toEqual([
    { name: 'ink', weights: ['0.8'] },
    { name: 'Wash v2', weights: [] },
    { name: 'far', weights: ['1', '.5'] },
  ]);
  expect(withoutLoras(prompt)).toBe('a cat , asleep <lora:> <lora:a<b> <Lora:x:1>');
  expect(withoutLoras('a  cat')).toBe('a  cat');
});

const piece = fc.oneof(
  fc.constantFrom(
    '<lora:',
    '<',
    '>',
    ':',
    ' ',
    '  ',
    'ink',
    '0.8',
    '-1',
    'a cat',
    '<lora:ink:0.8>',
    '<lora:ink>',
  ),
  fc.string({ maxLength: 4 }),
);

test('rooms read a prompt as the engine does', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const prompt = pieces.join('');
      const asked = promptLoras(prompt);
      const taken = (() => {
        try {
          return takeLoras({ prompt });
        } catch {
          // Of a weight that is none, which rooms refuse too.
          return undefined;
        }
      })();
      if (!taken) {
        expect(asked).not.toEqual([]);
        return;
      }
      expect(withoutLoras(prompt)).toBe(taken.prompt);
      expect(asked.map(({ name }) => name)).toEqual(taken.loras.map(({ name }) => name));
    }),
    { numRuns: 5000 },
  );
});
