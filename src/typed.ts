import type { OptionSpec } from './command.js';
import { UserError } from './errors.js';

/** Typed text taken apart: by option, numbers as numbers. */
export type Typed = Readonly<Record<string, string | number | boolean>>;

/** A double hyphen, or what keyboards that mean well make of it, and the name after it. */
const suffix = /(^|\s)(--|—|–)([A-Za-z_]\S*)/g;

/**
 * Takes typed text apart: words for the option marked `rest`, then suffixes as Midjourney's users know them.
 *
 * Names may be an option's own or one of its aliases, in any case and order; a value goes to the next suffix.
 *
 * @throws UserError `bad-option` naming the suffix that is unknown, malformed, without its value, or there twice
 * @example parseTyped('a red fox --ar 3:2 --seed 7', optionsOf(imagine)) // { prompt: 'a red fox', aspect: '3:2', seed: 7 }
 */
export function parseTyped(text: string, options: readonly OptionSpec[]): Typed {
  const open = options.filter(({ hidden, type }) => !hidden && type !== 'attachment');
  const byName = new Map(
    open.flatMap((option) => [option.name, ...(option.aliases ?? [])].map((name) => [name, option] as const)),
  );
  // A dash of another kind is one only before a name that is known: prompts have dashes of their own.
  const starts = [...text.matchAll(suffix)].filter(
    ([, , dashes, name]) => dashes === '--' || byName.has(name!.toLowerCase()),
  );

  const given: Record<string, string | number | boolean> = {};
  const words = text.slice(0, starts[0]?.index ?? text.length).trim();
  const rest = open.find((option) => option.rest);
  if (words !== '') {
    if (!rest) throw new UserError('bad-option', `Cannot read ${quoted(words)}: want ${usage(open)}`);
    given[rest.name] = rest.type === 'string' ? words : readValue(words, words, rest);
  }
  for (const [index, match] of starts.entries()) {
    const name = match[3]!;
    const option = byName.get(name.toLowerCase());
    if (!option) {
      throw new UserError(
        'bad-option',
        `Cannot read --${short(name)}: there is no such option, want ${usage(open)}`,
      );
    }
    const from = match.index + match[0].length;
    const value = text.slice(from, starts[index + 1]?.index ?? text.length).trim();
    if (option.name in given && option !== rest) {
      throw new UserError('bad-option', `Cannot read --${name}: found it twice, want it once`);
    }
    given[option.name] = readValue(`--${name}${value === '' ? '' : ` ${value}`}`, value, option);
  }
  return given;
}

/**
 * One value as its option wants it.
 *
 * @param typed as it was written, for the message
 * @throws UserError `bad-option`
 * @example readValue('--seed 7', '7', seedOption) // 7
 */
export function readValue(typed: string, value: string, option: OptionSpec): string | number | boolean {
  const cannot = (wanted: string) =>
    new UserError('bad-option', `Cannot read ${quoted(typed)}: want ${wanted}`);
  if (option.type === 'boolean') {
    if (/^(|on|yes|true)$/i.test(value)) return true;
    if (/^(off|no|false)$/i.test(value)) return false;
    throw cannot(wanted(option));
  }
  if (value === '') throw cannot(wanted(option));
  if (option.type === 'string') return value;
  const pattern = option.type === 'integer' ? /^[+-]?\d{1,15}$/ : /^[+-]?(\d{1,15}\.?\d{0,15}|\.\d{1,15})$/;
  if (!pattern.test(value)) {
    const stray = pattern.test(value.split(/\s/)[0]!) ? '; suffixes go after the words' : '';
    throw cannot(`${wanted(option)}${stray}`);
  }
  return Number(value);
}

/**
 * What an option takes, for messages: "a whole number from 1 to 100".
 *
 * @example wanted({ name: 'count', type: 'integer', min: 1, max: 4, … }) // 'a whole number from 1 to 4'
 */
export function wanted({ type, min, max, maxLength, choices }: OptionSpec): string {
  if (choices) return `one of ${choices.join(', ')}`;
  if (type === 'boolean') return 'on or off';
  if (type === 'attachment') return 'a picture: PNG, JPEG, WebP or GIF';
  if (type === 'string') return maxLength ? `text of at most ${maxLength} characters` : 'text';
  const range = [min === undefined ? '' : ` from ${min}`, max === undefined ? '' : ` to ${max}`].join('');
  return `${type === 'integer' ? 'a whole number' : 'a number'}${range}`;
}

function usage(options: readonly OptionSpec[]): string {
  const named = options.filter(({ rest }) => !rest);
  if (named.length === 0) return 'nothing after the command';
  // The name that people type elsewhere is the one they know.
  return `one of ${named.map(({ name, aliases }) => `--${aliases?.[0] ?? name}`).join(' ')}`;
}

function quoted(text: string): string {
  return JSON.stringify(short(text));
}

function short(text: string): string {
  const characters = [...text];
  return characters.length <= 60 ? text : `${characters.slice(0, 57).join('')}…`;
}
