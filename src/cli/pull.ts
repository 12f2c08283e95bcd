import { systemClock } from '../clock.js';
import { UserError } from '../errors.js';
import { type Kind, kinds } from '../hub/kinds.js';
import { pull } from '../hub/pull.js';
import type { Pulled } from '../hub/pulling.js';
import { parseSource } from '../hub/source.js';
import { createWire } from '../hub/wire.js';
import { shownBytes } from './bytes.js';
import { checkPulled } from './checkPulled.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import { startPullProgress } from './pullProgress.js';

const words: readonly Kind[] = ['model', ...(Object.keys(kinds) as (keyof typeof kinds)[])];

export const pullCommand: CliCommand = {
  name: 'pull',
  usage: 'pull OWNER/REPO[@REVISION] | URL [--variant fp16] [--as NAME] [--kind KIND]',
  about: 'Bring a model from the Hugging Face hub, or a .safetensors file from an address.',
  flags: {
    variant: { value: 'NAME', about: 'of the weights, as fp16; the plain ones when left out' },
    as: { value: 'NAME', about: 'what it is called here; by its own name when left out' },
    kind: { value: 'KIND', about: `what a file is: ${words.join(' ')}; looked up in it when left out` },
    json: { about: 'one JSON object on stdout' },
  },
  notes:
    'Only configs and safetensors that a pipeline needs come, into the first folder of KILN_MODELS. What was\n' +
    'interrupted goes on where it was with the same command. OWNER/REPO/FILE pulls one file of a repo.',
  run,
};

async function run({ positionals, flags }: Arguments, surroundings: Surroundings): Promise<void> {
  const { stdout, stderr, signal, loadConfig } = surroundings;
  const [typed, ...more] = positionals;
  if (typed === undefined || more.length > 0) {
    const found = typed === undefined ? 'nothing' : `${positionals.length} of them`;
    throw new UserError('bad-option', `Cannot pull: found ${found}, want one OWNER/REPO or address`);
  }
  const { hub, modelFolders, cacheFolder } = loadConfig();
  const kind = flags.get('kind');
  if (kind !== undefined && !words.includes(kind as Kind)) {
    throw new UserError('bad-option', `Cannot pull: found --kind ${kind}, want one of ${words.join(', ')}`);
  }
  const source = parseSource(typed, hub.endpoint);
  const called = source.kind === 'repo' ? source.id : source.host;
  const progress = await startPullProgress(stderr, called);
  // While it waits for a busy hub, nothing else would keep this process.
  const alive = setInterval(() => {}, 1 << 30);
  try {
    const wire = createWire({ ...hub, action: `Cannot pull ${called}`, clock: systemClock, signal });
    const request = {
      source,
      variant: flags.get('variant'),
      name: flags.get('as'),
      kind: kind as Kind | undefined,
    };
    const pulled = await pull({ ...request, modelsFolder: modelFolders[0]! }, wire, progress);
    if (pulled.kind === 'model') await checkPulled(pulled.path, cacheFolder);
    progress.stop();
    stdout.write(flags.has('json') ? `${JSON.stringify(pulled)}\n` : sentence(called, pulled));
  } catch (error) {
    progress.stop();
    if (!signal.aborted) throw error;
    const kept =
      progress.here > 0
        ? `${shownBytes(progress.here)} of ${shownBytes(progress.total)} are kept, and the same command goes on`
        : 'nothing came yet';
    throw new UserError('cancelled', `Stopped pulling ${called}: ${kept}`);
  } finally {
    clearInterval(alive);
  }
}

function sentence(from: string, { name, kind, path, files, bytes, licence, already }: Pulled): string {
  if (already) return `${name} is here already, as ${from} has it: ${path}\n`;
  const what = kind === 'model' ? 'model' : `${kind}, used by its name`;
  const many = files === 1 ? '1 file' : `${files} files`;
  return `${name}: ${what}, ${many}, ${shownBytes(bytes)}, ${licence ? `licence ${licence}` : 'licence unknown'}, in ${path}\n`;
}
