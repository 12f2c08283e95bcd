import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { kinds } from '../hub/kinds.js';
import { removeModel } from '../hub/remove.js';
import { listUnfinished, removeUnfinished } from '../hub/staging.js';
import { shownBytes } from './bytes.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import { listInstalled, sizeOf } from './installed.js';

const words = ['model', ...Object.keys(kinds)];

export const rmCommand: CliCommand = {
  name: 'rm',
  usage: 'rm NAME [--kind KIND]',
  about: 'Remove a model, or what lies beside one, or what an unfinished pull left.',
  flags: {
    kind: { value: 'KIND', about: `of several with one name: ${words.join(' ')}` },
  },
  run,
};

async function run({ positionals, flags }: Arguments, { stdout, loadConfig }: Surroundings): Promise<void> {
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new UserError('bad-option', 'Cannot remove: want one name, as kiln models lists them');
  }
  const { modelFolders } = loadConfig();
  const unfinished = (
    await Promise.all(modelFolders.map((folder) => listUnfinished(resolve(folder))))
  ).flat();
  const begun = unfinished.find((one) => one.name === name);
  if (begun) {
    if (begun.holder !== undefined)
      throw cannot(name, `process ${begun.holder} is pulling it, want it to end first`);
    const size = await sizeOf(begun.folder);
    await removeUnfinished(begun);
    stdout.write(`Removed what an unfinished pull of ${name} left, ${shownBytes(size)}\n`);
    return;
  }

  const all = await listInstalled(modelFolders);
  const kind = flags.get('kind');
  if (kind !== undefined && !words.includes(kind))
    throw new UserError('bad-option', `Cannot remove: found --kind ${kind}, want one of ${words.join(', ')}`);
  const found = all.filter((one) => one.name === name && (kind === undefined || one.kind === kind));
  if (found.length === 0) {
    const own = all.filter(({ builtIn }) => !builtIn).map((one) => one.name);
    throw cannot(
      name,
      own.length > 0
        ? `found none of that name, want one of ${own.join(', ')}`
        : 'there is none but the built-in one, want one that was pulled',
    );
  }
  if (found.length > 1)
    throw cannot(
      name,
      `found ${found.length} of that name, want --kind ${found.map((one) => one.kind).join(' or ')}`,
    );
  const [{ path, builtIn, kind: what }] = found as [(typeof found)[0]];
  if (builtIn) throw cannot(name, 'it comes with Kiln, want one that was pulled');
  const size = await sizeOf(path);
  await removeModel(path, what === 'model' ? dirname(path) : dirname(dirname(path)));
  stdout.write(`Removed ${what} ${name}, ${shownBytes(size)}\n`);
}

function cannot(name: string, rest: string): UserError {
  return new UserError('not-found', `Cannot remove ${JSON.stringify(name.slice(0, 100))}: ${rest}`);
}
