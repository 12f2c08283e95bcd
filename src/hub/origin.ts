import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';

/** On one line, and nothing that a terminal obeys: a folder that was copied from a stranger may have a record too. */
const text = z
  .string()
  .max(1000)
  .regex(/^\P{Cc}*$/u);
const Origin = z.object({
  /** `OWNER/REPO`, or an address without what comes after its question mark. */
  source: text,
  /** As it was asked for: a branch, a tag, a commit. */
  revision: text.optional(),
  commit: text.optional(),
  variant: text.optional(),
  licence: text.optional(),
  /** Digests by path, in hex: SHA-256 of large files, git's SHA-1 of the blob of small ones. */
  files: z.record(text, z.string().regex(/^[0-9a-f]{40,64}$/)),
});

/** Where something pulled is from. */
export type Origin = Readonly<z.infer<typeof Origin>>;

/**
 * Where the record of a model's origin is: in its folder, or beside its file.
 *
 * @example originFile('/m/loras/ink.safetensors'); // '/m/loras/ink.kiln.json'
 */
export function originFile(path: string): string {
  return path.endsWith('.safetensors') ? path.replace(/\.safetensors$/, '.kiln.json') : `${path}/kiln.json`;
}

/** Where a model is from; undefined for one that was not pulled, or whose record makes no sense. */
export async function readOrigin(path: string): Promise<Origin | undefined> {
  try {
    return Origin.parse(JSON.parse(await readFile(originFile(path), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Writes the record, to the disk itself. */
export async function writeOrigin(file: string, origin: Origin): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(origin, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
