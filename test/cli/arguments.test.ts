import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.js';
import { drawCommand } from '../../src/cli/draw.js';

const parse = (...typed: string[]) => parseArguments(typed, drawCommand);

test('a prompt and flags may stand in any order, with or without "="', () => {
  const { positionals, flags } = parse('--seed', '7', 'a dog', '--steps=20', '--json');
  expect(positionals).toEqual(['a dog']);
  expect(Object.fromEntries(flags)).toEqual({ seed: '7', steps: '20', json: '' });
});

test.each([
  ['a prompt that starts with a dash', ['--', '--json'], ['--json'], {}],
  ['an empty prompt', [''], [''], {}],
  ['a value that starts with a dash', ['x', '--seed', '-1'], ['x'], { seed: '-1' }],
  ['a value that looks like a flag, behind "="', ['x', '--out=--json'], ['x'], { out: '--json' }],
  ['an empty value', ['x', '--negative', ''], ['x'], { negative: '' }],
])('%s is taken as it is', (_, typed, positionals, flags) => {
  const parsed = parse(...typed);
  expect(parsed.positionals).toEqual(positionals);
  expect(Object.fromEntries(parsed.flags)).toEqual(flags);
});

test('a flag that may be given more than once keeps all its values in order', () => {
  const { lists } = parse('x', '--lora', 'ink:0.8', '--lora=b.safetensors');
  expect(lists?.get('lora')).toEqual(['ink:0.8', 'b.safetensors']);
  expect(parse('x').lists?.get('lora')).toBeUndefined();
});

describe('refused in one sentence', () => {
  test.each([
    [['--foo'], /^Cannot run kiln draw: found --foo, want one of --negative --model /],
    [['--constructor', '1'], /: found --constructor, want one of /],
    [['-s', '7'], /: found -s, want one of /],
    [['--no-json'], /: found --no-json, want one of /],
    [['--seed'], /: found --seed without its value, want --seed N$/],
    [['--out', '--json'], /: found --out without its value, want --out FILE$/],
    [['--seed', '1', '--seed', '2'], /: found --seed twice, want it once$/],
    [['--json=yes'], /: found a value for --json, want none$/],
  ])('%j', (typed, message) => {
    expect(() => parse('x', ...typed)).toThrow(message);
  });
});
