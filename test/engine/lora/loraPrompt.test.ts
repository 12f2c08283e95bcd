import { expect, test } from 'vitest';
import { takeLoras } from '../../../src/engine/lora/loraPrompt.js';

test.each([
  ['a cat <lora:ink:0.8>', 'a cat', [{ name: 'ink', weight: 0.8 }]],
  ['<lora:ink>a cat', 'a cat', [{ name: 'ink', weight: 1 }]],
  ['a <lora: my ink :-.5> cat', 'a cat', [{ name: 'my ink', weight: -0.5 }]],
  ['a cat<lora:ink:0.3:0.9>', 'a cat', [{ name: 'ink', weight: 0.9, textWeight: 0.3 }]],
  [
    '<lora:a:1><lora:b:0.5>',
    '',
    [
      { name: 'a', weight: 1 },
      { name: 'b', weight: 0.5 },
    ],
  ],
  ['a cat  with <lora:', 'a cat  with <lora:', []],
  ['(a <b> cat:1.2)', '(a <b> cat:1.2)', []],
])('%j is drawn as %j', (prompt, rest, loras) => {
  expect(takeLoras({ prompt })).toEqual({ prompt: rest, loras });
});

test('LoRAs asked for besides come behind those in the prompt', () => {
  const { loras } = takeLoras({ prompt: '<lora:a:1>', loras: [{ name: 'b', weight: 2 }] });
  expect(loras.map(({ name }) => name)).toEqual(['a', 'b']);
});

test.each([
  ['<lora:ink:loud>', /^Cannot draw with LoRA "ink" at weight "loud": want a number from -10 to 10$/],
  ['<lora:ink:11>', /^Cannot draw with LoRA "ink" at weight "11": want/],
  ['<lora:ink:>', /^Cannot draw with LoRA "ink" at weight "": want/],
  ['<lora:ink:1:1e5>', /^Cannot draw with LoRA "ink" at weight "1e5": want/],
  ['<lora:ink:1>'.repeat(17), /^Cannot draw with 17 LoRAs: want at most 16$/],
])('%s is refused', (prompt, message) => {
  expect(() => takeLoras({ prompt })).toThrow(message);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, '1'])(
  'a weight of %s from elsewhere is refused',
  (weight) => {
    expect(() => takeLoras({ prompt: '', loras: [{ name: 'a', weight: weight as number }] })).toThrow(
      /want a number/,
    );
  },
);
