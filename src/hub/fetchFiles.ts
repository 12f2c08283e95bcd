import { link, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { download } from './download.js';
import { readOrigin } from './origin.js';
import type { PullHooks } from './pulling.js';
import type { RemoteFile, Repo } from './repo.js';
import { several } from './several.js';
import type { Staging } from './staging.js';
import { readWeightsHeader } from './weightsHeader.js';
import { createWire, type Wire } from './wire.js';

/** More connections are no faster, and hubs ask for fewer. */
const atOnce = 3;

/**
 * Brings files of a repo into the staging folder, a few at a time; those that are there already count as brought.
 *
 * @param options.before a model here whose files may be those wanted: an older commit of the same repo
 * @throws UserError as `download` does; `bad-model` for weights that are no safetensors whatever their digest
 * @example await fetchFiles(files, { repo, staging, wire, hooks });
 */
export async function fetchFiles(
  files: readonly RemoteFile[],
  {
    repo,
    staging,
    wire,
    hooks,
    before,
  }: {
    readonly repo: Repo;
    readonly staging: Staging;
    readonly wire: Wire;
    readonly hooks: PullHooks;
    readonly before?: string;
  },
): Promise<void> {
  if (before !== undefined) await takeFrom(before, files, staging);
  const different = [...new Map(files.map((file) => [file.digest.value, file])).values()];
  // What is only a second path to equal bytes has come with the first.
  hooks.onBytes?.(sum(files) - sum(different));
  await several(different, atOnce, wire.signal, async ({ path, size, digest }, signal) => {
    const blob = staging.blob(digest.value);
    if ((await stat(blob).catch(() => undefined))?.size === size) {
      hooks.onBytes?.(size);
      return;
    }
    const weights = path.endsWith('.safetensors');
    await download({
      ...{ wire: createWire({ ...wire, signal }), address: repo.address(path), file: blob, called: path },
      ...{ weights, size, digest, onBytes: hooks.onBytes },
    });
    if (weights) {
      // As it was uploaded, and no use: another upload will have another digest.
      await readWeightsHeader(blob, path, wire.action).catch(async (error) => {
        await rm(blob, { force: true });
        throw error;
      });
    }
  });
}

/** Bytes of several files. */
export function sum(files: Iterable<RemoteFile>): number {
  return [...files].reduce((total, { size }) => total + size, 0);
}

/** Files of an older commit that the wanted one still has. */
async function takeFrom(model: string, files: readonly RemoteFile[], staging: Staging): Promise<void> {
  const recorded = (await readOrigin(model))?.files ?? {};
  for (const { path, size, digest } of files) {
    if (recorded[path] !== digest.value) continue;
    const file = join(model, path);
    if ((await stat(file).catch(() => undefined))?.size !== size) continue;
    // Where there are no links, it comes again.
    await link(file, staging.blob(digest.value)).catch(() => {});
  }
}
