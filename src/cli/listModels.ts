import type { Arguments, CliCommand, Surroundings } from './command.js';
import { findModels } from './models.js';

export const modelsCommand: CliCommand = {
  name: 'models',
  usage: 'models [--json]',
  about: 'List the models that --model knows by name.',
  flags: { json: { about: 'one JSON object a model' } },
  run: list,
};

async function list({ flags }: Arguments, { stdout, loadConfig }: Surroundings): Promise<void> {
  const config = loadConfig();
  for (const { name, folder } of findModels(config.modelFolders)) {
    const isDefault = name === config.model;
    const line = flags.has('json')
      ? JSON.stringify({ name, folder, default: isDefault })
      : `${name}${isDefault ? ' (default)' : ''}: ${folder}`;
    stdout.write(`${line}\n`);
  }
}
