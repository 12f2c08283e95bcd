import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The compiled form of a program below `src`; from source, as the tests run it, it is in `dist`.
 *
 * @example compiledEntry('cli.js'); // '/…/dist/src/cli.js'
 */
export function compiledEntry(name: string): string {
  const own = fileURLToPath(new URL(`../${name}`, import.meta.url));
  return existsSync(own) ? own : fileURLToPath(new URL(`../../dist/src/${name}`, import.meta.url));
}
