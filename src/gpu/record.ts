import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../engine/checkpoint/atomicWrite.js';
import type { Bundle } from './wheels.js';

const name = 'kiln-gpu.json';

const Installed = z.object({
  /** SHA-256 of the wheels, in hex. */
  wheels: z.array(z.string()),
  /** Bytes of what came out of them, by name. */
  files: z.record(z.string().regex(/^[\w.-]+$/), z.number()),
  links: z.record(z.string().regex(/^[\w.-]+$/), z.string()),
});

/** What `kiln gpu install` has put into a folder. Written last: with it everything is there. */
export type Installed = z.infer<typeof Installed>;

/** @example (await readRecord(folder))?.files; // { 'libonnxruntime_providers_cuda.so': 272049904, … } */
export async function readRecord(folder: string): Promise<Installed | undefined> {
  const text = await readFile(recordIn(folder), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Installed.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function writeRecord(folder: string, record: Installed, action: string): Promise<void> {
  return writeAtomically(recordIn(folder), (handle) => handle.writeFile(JSON.stringify(record)), action);
}

/** Whether a folder has all of a bundle, as it is pinned now. */
export async function holds(folder: string, { wheels }: Bundle): Promise<boolean> {
  const record = await readRecord(folder);
  if (!record || wheels.some(({ sha256 }) => !record.wheels.includes(sha256))) return false;
  const names = Object.keys(record.links);
  const sizes = await Promise.all(
    [...Object.entries(record.files), ...names.map((link) => [link, undefined] as const)].map(
      async ([file, bytes]) => {
        const found = await stat(join(folder, file)).catch(() => undefined);
        return found !== undefined && (bytes === undefined || found.size === bytes);
      },
    ),
  );
  return sizes.every(Boolean);
}

export function recordIn(folder: string): string {
  return join(folder, name);
}
