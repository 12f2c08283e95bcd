import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Reads the page's files once, by name: what is not among them is not there, however it is spelled.
 *
 * @example (await readPage()).get('index.html')
 */
export async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = folderAbove(dirname(fileURLToPath(import.meta.url)));
  const files = new Map<string, PageFile>();
  for (const name of await readdir(folder)) {
    const type = types[extname(name)];
    if (!type) continue;
    const bytes = await readFile(join(folder, name));
    files.set(name, {
      type,
      bytes,
      etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`,
    });
  }
  return files;
}

/** `assets/playground` of this checkout: further up from the compiled file than from the source. */
function folderAbove(folder: string): string {
  const page = join(folder, 'assets', 'playground');
  if (existsSync(join(page, 'index.html'))) return page;
  if (dirname(folder) === folder) throw new Error('Cannot find assets/playground/index.html above this file');
  return folderAbove(dirname(folder));
}
