import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { UserError } from '../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment, and what `.env` in the working folder sets that it does not; nothing in it is checked.
 *
 * @throws UserError `bad-option` where `.env` cannot be read
 * @example readEnvironment().PATH; // '/usr/bin:/bin'
 */
export function readEnvironment(): Environment {
  return { ...dotenvFile(), ...process.env };
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
