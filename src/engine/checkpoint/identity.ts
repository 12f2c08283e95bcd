import { realpath, stat } from 'node:fs/promises';
import { fileError } from './fileError.js';
import { refuse } from './refuse.js';

/** What stays equal as long as nobody writes to a file or replaces it. */
export interface FileIdentity {
  /** Absolute, with symbolic links followed. */
  readonly path: string;
  readonly inode: string;
  /** In bytes. */
  readonly size: number;
  readonly mtimeNs: string;
}

/**
 * Looks at a file without reading it.
 *
 * @throws UserError `bad-model` when there is no such file, or it is something else than a file.
 * @example (await identify('/m/unet/diffusion_pytorch_model.safetensors')).size;
 */
export async function identify(file: string): Promise<FileIdentity> {
  try {
    const path = await realpath(file);
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) refuse(file, 'it is not a file', 'a file');
    return { path, inode: `${found.ino}`, size: Number(found.size), mtimeNs: `${found.mtimeNs}` };
  } catch (error) {
    throw fileError(`Cannot open ${file}`, error, 'bad-model');
  }
}

/** Whether two looks saw one file with nothing written to it in between. */
export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.path === b.path && a.inode === b.inode && a.size === b.size && a.mtimeNs === b.mtimeNs;
}
