import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of Kiln's own package.json, two levels above this file as source, three as compiled. */
export const packageFolder = folderAbove(dirname(fileURLToPath(import.meta.url)));

/** Kiln's version, as package.json has it. */
export function version(): string {
  return (JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string })
    .version;
}

function folderAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : folderAbove(dirname(folder));
}
