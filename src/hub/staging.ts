import { link, mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAlive } from '../engine/checkpoint/isAlive.js';
import { makeFolder } from '../engine/checkpoint/makeFolder.js';
import { UserError } from '../errors.js';

/** Where what is pulled lies until all of it is there: beside the models, on their disk, under a name none has. */
export interface Staging {
  /** Where the bytes with a digest go: files of two commits that are equal are one. */
  blob(digest: string): string;
  /** Bytes that came so far. */
  bytes(): Promise<number>;
  /** Puts blobs under their paths in a folder of their own, for a look at them or to become the model. */
  arrange(blobs: ReadonlyMap<string, string>): Promise<string>;
  /** Moves a folder or file to its place at once; what was there before goes. */
  settle(from: string, to: string): Promise<void>;
  /** Removes everything: it has settled. */
  remove(): Promise<void>;
  /** Lets others at it, and keeps what came. */
  release(): Promise<void>;
}

/** In a folder of models: what was not pulled to its end. */
export const stagingFolder = '.incomplete';

/**
 * @param key of what is pulled; a second process that asks for it is refused while the first lives
 * @throws UserError `bad-option` when another process pulls the same
 * @example const staging = await openStaging('/m', 'owner--repo', 'Cannot pull owner/repo');
 */
export async function openStaging(modelsFolder: string, key: string, action: string): Promise<Staging> {
  const folder = join(modelsFolder, stagingFolder, key);
  const tree = join(folder, 'tree');
  const old = join(folder, 'old');
  const lock = join(folder, 'lock');
  await makeFolder(folder);
  await takeLock(lock, action);
  // What a pull that was killed at its very end has left.
  await Promise.all([tree, old].map((path) => rm(path, { recursive: true, force: true })));

  return {
    blob: (digest) => join(folder, digest),
    bytes: () => bytesIn(folder),
    async arrange(blobs) {
      await rm(tree, { recursive: true, force: true });
      for (const [path, blob] of blobs) {
        const place = join(tree, path);
        await mkdir(dirname(place), { recursive: true });
        // A second name, so that a kill halfway loses nothing; file systems without them move it.
        await link(join(folder, blob), place).catch(() => rename(join(folder, blob), place));
      }
      return tree;
    },
    async settle(from, to) {
      await makeFolder(dirname(to));
      if ((await stat(to).catch(() => undefined))?.isDirectory()) await rename(to, old);
      await rename(from, to);
    },
    remove: () => removeFolder(folder),
    async release() {
      await rm(lock, { force: true });
      // Nothing came: there is nothing to go on with.
      if ((await bytesIn(folder)) === 0) await removeFolder(folder);
    },
  };
}

/** Bytes of the files in a folder, less what is noted of them; none where there is no such folder. */
async function bytesIn(folder: string): Promise<number> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.endsWith('.etag'));
  const all = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return all.reduce((sum, one) => sum + (one?.isFile() ? one.size : 0), 0);
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  // Goes with its last pull.
  await rmdir(dirname(folder)).catch(() => {});
}

/** A pull that did not end. */
export interface Unfinished {
  /** What it was of: `OWNER/REPO`, or a key where that was an address. */
  readonly name: string;
  readonly folder: string;
  /** The process that is at it now. */
  readonly holder: number | undefined;
}

/**
 * The pulls that a folder of models has the beginnings of.
 *
 * @example await listUnfinished('data/models'); // [{ name: 'owner/repo', folder: …, holder: undefined }]
 */
export async function listUnfinished(modelsFolder: string): Promise<readonly Unfinished[]> {
  const all = join(modelsFolder, stagingFolder);
  const keys = await readdir(all).catch(() => []);
  return Promise.all(
    keys.map(async (key) => ({
      name: key.replace('--', '/'),
      folder: join(all, key),
      holder: await holderOf(join(all, key, 'lock')),
    })),
  );
}

/** Removes what a pull left, which nobody goes on with. */
export function removeUnfinished({ folder }: Unfinished): Promise<void> {
  return removeFolder(folder);
}

/** Who has a lock and lives, but for this process: in a container each may have the number of the one before it. */
async function holderOf(lock: string): Promise<number | undefined> {
  const holder = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
  return holder > 0 && holder !== process.pid && isAlive(holder) ? holder : undefined;
}

async function takeLock(lock: string, action: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(lock, `${process.pid}\n`, { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await holderOf(lock);
    if (holder !== undefined) {
      throw new UserError(
        'bad-option',
        `${action}: found process ${holder} at it, want it to end first (or ${lock} removed)`,
      );
    }
    await rm(lock, { force: true });
  }
}
