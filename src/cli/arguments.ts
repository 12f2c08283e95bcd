import { parseArgs } from 'node:util';
import { UserError } from '../errors.js';
import type { Arguments, CliCommand } from './command.js';

/**
 * Splits what was typed after a command's name. `--help` counts as a flag of every command.
 *
 * node:util's parser does the splitting; its own complaints run to several sentences, so they are made here.
 *
 * @throws UserError `bad-option` for a flag that is unknown, given twice, or misses its value
 * @example parseArguments(['a dog', '--seed', '7'], drawCommand).flags.get('seed'); // '7'
 */
export function parseArguments(typed: readonly string[], { name, flags }: CliCommand): Arguments {
  const known: CliCommand['flags'] = { ...flags, help: { about: '' } };
  const options = Object.fromEntries(
    Object.entries(known).map(([flag, { value }]) => [flag, { type: value ? 'string' : 'boolean' } as const]),
  );
  const { tokens } = parseArgs({
    args: [...typed],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const cannot = (rest: string) => new UserError('bad-option', `Cannot run kiln ${name}: ${rest}`);
  const positionals: string[] = [];
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (!flag) throw cannot(`found ${token.rawName}, want one of ${names(flags)}`);
    if (values.has(token.name) && !flag.repeats) throw cannot(`found ${token.rawName} twice, want it once`);
    if (!flag.value && token.value !== undefined)
      throw cannot(`found a value for ${token.rawName}, want none`);
    // A flag in the place of a value is a forgotten value, not a file called "--json".
    const forgotten =
      !token.inlineValue && token.value?.startsWith('--') && Object.hasOwn(known, token.value.slice(2));
    if (flag.value && (token.value === undefined || forgotten)) {
      throw cannot(`found ${token.rawName} without its value, want ${token.rawName} ${flag.value}`);
    }
    values.set(token.name, token.value ?? '');
    if (flag.repeats) lists.set(token.name, [...(lists.get(token.name) ?? []), token.value ?? '']);
  }
  return { positionals, flags: values, lists };
}

function names(flags: CliCommand['flags']): string {
  return [...Object.keys(flags), 'help'].map((flag) => `--${flag}`).join(' ');
}
