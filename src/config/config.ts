import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parse } from 'dotenv';
import { UserError } from '../errors.js';
import type { Device } from '../job.js';
import { environmentSchema } from './schema.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Config {
  /** What Kiln makes for itself. */
  readonly dataFolder: string;
  /** Converted weights and what is known of files; may be deleted at any time. */
  readonly cacheFolder: string;
  /** Folders whose subfolders are models; the first that has a name wins. */
  readonly modelFolders: readonly string[];
  /** A name, or a folder. */
  readonly model: string;
  readonly device: Device;
  readonly threads: number | undefined;
  /** All that was read, for the engine to take `PATH` and the like from. */
  readonly environment: Environment;
}

/**
 * Reads the environment, and `.env` in the working folder for what the environment does not set.
 *
 * @throws UserError `bad-option`: one sentence that lists everything wrong
 * @example const { model, device } = loadConfig();
 */
export function loadConfig(): Config {
  return configFrom({ ...dotenvFile(), ...process.env });
}

/**
 * Checks an environment; a variable set to nothing counts as not set.
 *
 * @throws UserError `bad-option`: one sentence that lists everything wrong
 * @example configFrom({ KILN_DEVICE: 'cpu' }).device; // 'cpu'
 */
export function configFrom(environment: Environment): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = environmentSchema.safeParse(set);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `${name} is ${JSON.stringify(set[name])}, want ${message}`;
    });
    throw new UserError('bad-option', `Cannot read the settings: ${problems.join('; ')}`);
  }
  const { KILN_DATA, KILN_MODELS, KILN_MODEL, KILN_DEVICE, KILN_THREADS } = result.data;
  return Object.freeze({
    dataFolder: KILN_DATA,
    cacheFolder: join(KILN_DATA, 'cache'),
    modelFolders: Object.freeze(KILN_MODELS?.split(delimiter).filter(Boolean) ?? [join(KILN_DATA, 'models')]),
    model: KILN_MODEL,
    device: KILN_DEVICE,
    threads: KILN_THREADS,
    environment: Object.freeze({ ...environment }),
  });
}

function dotenvFile(): Environment {
  try {
    return parse(readFileSync('.env'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new UserError(
      'bad-option',
      'Cannot read the settings: .env is there but not readable, want a text file',
      {
        cause: error,
      },
    );
  }
}
