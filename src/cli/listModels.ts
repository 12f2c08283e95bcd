import { listUnfinished } from '../hub/staging.js';
import { shownBytes } from './bytes.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import { type Examined, examine } from './examine.js';
import { listInstalled, sizeOf } from './installed.js';
import { warmModels } from './warmModels.js';

export const modelsCommand: CliCommand = {
  name: 'models',
  usage: 'models [--json]',
  about: 'List the models that --model knows by name, and what lies beside them.',
  flags: { json: { about: 'one JSON object a model' } },
  notes: 'A running Kiln with the same data folder is asked which of them are warm.',
  run: list,
};

async function list({ flags }: Arguments, { stdout, loadConfig }: Surroundings): Promise<void> {
  const config = loadConfig();
  const warm = await warmModels(config);
  for (const installed of await listInstalled(config.modelFolders)) {
    const examined = await examine(installed);
    const isModel = installed.kind === 'model';
    const isDefault = isModel && installed.name === config.model;
    const isWarm = isModel ? warm?.has(installed.name) : undefined;
    const { path: folder, ...rest } = examined;
    stdout.write(
      flags.has('json')
        ? `${JSON.stringify({ ...rest, folder, default: isDefault, warm: isWarm })}\n`
        : line(examined, { isDefault, isWarm }),
    );
  }
  if (flags.has('json')) return;
  for (const models of config.modelFolders) {
    for (const { name, folder } of await listUnfinished(models)) {
      const size = shownBytes(await sizeOf(folder));
      stdout.write(`${name}: unfinished, ${size} so far; kiln pull goes on with it, kiln rm removes it\n`);
    }
  }
}

function line(
  model: Examined,
  { isDefault, isWarm }: { isDefault: boolean; isWarm: boolean | undefined },
): string {
  const { name, kind, path, bytes, licence, pipelineClass, family, problem } = model;
  if (problem !== undefined) return `${name}: ${problem}\n`;
  const what = kind === 'model' ? [pipelineClass, family] : [kind];
  const facts = [
    ...what,
    shownBytes(bytes),
    licence === undefined ? 'licence unknown' : `licence ${licence}`,
    isWarm ? 'warm' : undefined,
    path,
  ];
  const shown = facts.filter((fact) => fact !== undefined).join(', ');
  return `${name}${isDefault ? ' (default)' : ''}: ${shown}\n`;
}
