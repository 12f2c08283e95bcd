import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeAtomically } from '../engine/checkpoint/atomicWrite.js';
import { fileError } from '../engine/checkpoint/fileError.js';
import { UserError } from '../errors.js';
import { download } from '../hub/download.js';
import type { PullHooks } from '../hub/pulling.js';
import { openStaging, type Staging } from '../hub/staging.js';
import type { Wire } from '../hub/wire.js';
import { findWheel } from './findWheel.js';
import { holds, type Installed, readRecord, recordIn, writeRecord } from './record.js';
import { unpack } from './unpack.js';
import type { Bundle, Wheel } from './wheels.js';

export interface InstallOptions {
  /** Where the libraries go. */
  readonly folder: string;
  /** Where what is on its way lies, and stays until all of it is there. */
  readonly workFolder: string;
  /** To the package index. */
  readonly wire: Wire;
  /** A folder to take the wheels from, in place of the index: for machines without a network. */
  readonly from?: string;
  readonly hooks?: PullHooks;
}

/**
 * Brings the libraries of a bundle: downloads its wheels, going on where an earlier try ended, checks each by its
 * pinned SHA-256, and puts what is wanted of it into place, each file at once.
 *
 * @returns false where all of it was there
 * @throws UserError `bad-model` for other bytes than are pinned, `not-found`, `unreachable`, `bad-output`; what came is kept
 * @example await install(providerBundle, { folder: providerFolder(), workFolder: 'data/gpu', wire });
 */
export async function install(bundle: Bundle, options: InstallOptions): Promise<boolean> {
  const { folder, workFolder, wire, hooks = {} } = options;
  if (await holds(folder, bundle)) return false;
  const { action } = wire;
  const key = bundle.wheels[0]!.project;
  try {
    const staging = await openStaging(workFolder, key, action);
    try {
      hooks.onSize?.(bundle.wheels.reduce((sum, { bytes }) => sum + bytes, 0));
      const wheels: string[] = [];
      for (const wheel of bundle.wheels) wheels.push(await fetchWheel(wheel, staging, options));
      // From here on until the new record is written, none is true of what lies there.
      await rm(recordIn(folder), { force: true });
      const record: Installed = { wheels: bundle.wheels.map(({ sha256 }) => sha256), files: {}, links: {} };
      for (const [index, wheel] of bundle.wheels.entries()) {
        Object.assign(record.files, await place(wheel, wheels[index]!, folder, wire));
        Object.assign(record.links, await makeLinks(wheel, folder));
      }
      await writeRecord(folder, record, action);
      await staging.remove();
    } finally {
      await staging.release();
    }
  } catch (error) {
    throw fileError(`${action} into ${folder}`, error, 'bad-output');
  }
  return true;
}

/**
 * Takes away what `install` has put into a folder.
 *
 * @returns false where it has put nothing there
 */
export async function uninstall(folder: string): Promise<boolean> {
  const record = await readRecord(folder);
  if (!record) return false;
  // The record last, so that a second try knows what is left.
  const names = [...Object.keys(record.files), ...Object.keys(record.links)];
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
  await rm(recordIn(folder), { force: true });
  return true;
}

/** @returns the file that has the wheel's very bytes */
async function fetchWheel(wheel: Wheel, staging: Staging, options: InstallOptions): Promise<string> {
  const { wire, from, hooks } = options;
  const { file, bytes, sha256 } = wheel;
  const blob = staging.blob(sha256);
  if ((await stat(blob).catch(() => undefined))?.size === bytes) {
    hooks?.onBytes?.(bytes);
    return blob;
  }
  if (from !== undefined) return takeWheel(wheel, from, options);
  const address = await findWheel(wheel, wire);
  const digest = { kind: 'sha256', value: sha256 } as const;
  await download({
    ...{ wire, address, file: blob, called: file, size: bytes, digest, onBytes: hooks?.onBytes },
  });
  return blob;
}

async function takeWheel(
  { file, bytes, sha256 }: Wheel,
  from: string,
  options: InstallOptions,
): Promise<string> {
  const { wire, hooks } = options;
  const path = join(from, file);
  const refuse = (found: string, wanted: string) =>
    new UserError('bad-model', `${wire.action}: found ${found}, want ${wanted}`);
  const found = await stat(path).catch(() => undefined);
  if (!found) throw refuse(`no ${file} in ${from}`, 'that wheel there');
  if (found.size !== bytes) throw refuse(`${found.size} bytes in ${path}`, `${bytes}`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal: wire.signal });
  const digest = hash.digest('hex');
  if (digest !== sha256)
    throw refuse(`SHA-256 ${digest.slice(0, 12)}… of ${path}`, `${sha256.slice(0, 12)}…`);
  hooks?.onBytes?.(bytes);
  return path;
}

/** @returns bytes by name */
async function place(
  { wanted, file }: Wheel,
  path: string,
  folder: string,
  wire: Wire,
): Promise<Record<string, number>> {
  const { action, signal } = wire;
  const files: Record<string, number> = {};
  for await (const { name, bytes, open } of unpack(path, wanted, action)) {
    signal.throwIfAborted();
    await writeAtomically(
      join(folder, name),
      async (handle) => {
        await handle.chmod(0o755);
        await writeFile(handle, await open(), { signal });
      },
      `${action} into ${folder}`,
    );
    files[name] = bytes;
  }
  if (Object.keys(files).length > 0) return files;
  throw new UserError('bad-model', `${action}: found no library in ${file}, want those of ${wanted.source}`);
}

async function makeLinks({ links = {} }: Wheel, folder: string): Promise<Readonly<Record<string, string>>> {
  for (const [name, target] of Object.entries(links)) {
    const path = join(folder, name);
    // Beside its place and moved there, as a link cannot take another one's.
    await rm(`${path}.new`, { force: true });
    await symlink(target, `${path}.new`);
    await rename(`${path}.new`, path);
  }
  return links;
}
