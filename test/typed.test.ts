import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imagine } from '../commands/imagine.js';
import { optionsOf } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { parseTyped } from '../src/typed.js';

const options = optionsOf(imagine);

describe('words and suffixes', () => {
  test.each<[string, object]>([
    ['a red fox', { prompt: 'a red fox' }],
    ['a red fox --seed 7', { prompt: 'a red fox', seed: 7 }],
    [
      'a red fox --ar 3:2 --steps 20 --cfg 6.5',
      { prompt: 'a red fox', aspect: '3:2', steps: 20, guidance: 6.5 },
    ],
    ['a fox --no text, watermark --count 4', { prompt: 'a fox', negative: 'text, watermark', count: 4 }],
    ['a fox --model sd15 --style comic book', { prompt: 'a fox', model: 'sd15', style: 'comic book' }],
    ['a fox --SEED 7', { prompt: 'a fox', seed: 7 }],
    ['a fox\n--seed 7', { prompt: 'a fox', seed: 7 }],
    ['--seed 7', { seed: 7 }],
    ['', {}],
    // What is no suffix stays in the words.
    ['a well-known fox -- and a hen', { prompt: 'a well-known fox -- and a hen' }],
    ['a fox--hound', { prompt: 'a fox--hound' }],
    ['12 --3', { prompt: '12 --3' }],
    // Phones make one dash of two.
    ['a fox —seed 7', { prompt: 'a fox', seed: 7 }],
    ['a fox —the sly one', { prompt: 'a fox —the sly one' }],
    // Names that every object has.
    ['a __proto__ of a fox', { prompt: 'a __proto__ of a fox' }],
  ])('%j', (text, wanted) => {
    expect(parseTyped(text, options)).toEqual(wanted);
  });
});

describe('what cannot be read is named', () => {
  test.each([
    ['a fox --chaos 5', 'Cannot read --chaos: there is no such option, want one of --no --ar'],
    ['a fox --ar16:9', 'Cannot read --ar16:9: there is no such option'],
    ['a fox --seed seven', 'Cannot read "--seed seven": want a whole number from 0 to 4294967295'],
    ['a fox --seed', 'Cannot read "--seed": want a whole number from 0 to 4294967295'],
    [
      'a fox --seed 7 in the snow',
      'Cannot read "--seed 7 in the snow": want a whole number from 0 to 4294967295; suffixes go after the words',
    ],
    ['a fox --seed 7 --seed 8', 'Cannot read --seed: found it twice, want it once'],
    ['a fox --steps 2.5', 'Cannot read "--steps 2.5": want a whole number from 1 to 1000'],
    ['a fox --__proto__ 1', 'Cannot read --__proto__: there is no such option'],
    ['a fox --constructor 1', 'Cannot read --constructor: there is no such option'],
  ])('%j', (text, message) => {
    expect(() => parseTyped(text, options)).toThrow(message);
  });
});

test('no text does anything but be read, or be refused in one sentence', () => {
  const parts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '--',
      ' --seed ',
      ' --ar ',
      '—',
      ' --no ',
      '\u202e',
      '\0',
      ' --count 9e99 ',
      '<@1>',
      ' --image x',
    ),
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), (pieces) => {
      try {
        parseTyped(pieces.join(''), options);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as Error).message.length).toBeLessThan(400);
      }
    }),
    { numRuns: 2000 },
  );
});
