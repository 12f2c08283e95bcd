import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { UserError } from '../errors.js';
import { withCudaFolder } from './cudaFolder.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment, and what `.env` in the working folder sets that it does not; nothing in it is checked. The loader's
 * path has the folder of CUDA's libraries, where Kiln has brought them.
 *
 * @throws UserError `bad-option` where `.env` cannot be read
 * @example readEnvironment().PATH; // '/usr/bin:/bin'
 */
export function readEnvironment(): Environment {
  return withCudaFolder({ ...dotenvFile(), ...process.env });
}

function dotenvFile(): Environment {
  try {
    return parse(readFileSync('.env'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new UserError(
      'bad-option',
      'Cannot read the settings: .env is there but not readable, want a text file',
      { cause: error },
    );
  }
}
