import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import type { Storage } from './storage.js';

const form = /^[0-9a-f]{64}\.[a-z0-9]{1,5}$/;
const partForm = /^\.[0-9a-f-]{36}\.part$/;
/** A file on its way that is older was left by a process that died: writing one takes moments. */
const partLife = 600_000;

/**
 * Keeps files in a folder, as `ab/cd/abcd….png`: two levels, so that none holds too many.
 *
 * @throws UserError `not-found` for what is no key, so that no path can be smuggled in
 * @example const storage = createDiskStorage('data/pictures');
 */
export function createDiskStorage(folder: string): Storage {
  const busy = new Map<string, Promise<unknown>>();

  /** One after the other for a key: a file being put is not removed halfway. */
  function inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const next = (busy.get(key) ?? Promise.resolve()).then(work, work);
    const done = next
      .catch(() => {})
      .then(() => {
        if (busy.get(key) === done) busy.delete(key);
      });
    busy.set(key, done);
    return next;
  }

  function pathOf(key: string): string {
    if (!form.test(key)) {
      throw new UserError(
        'not-found',
        `Cannot find the file ${JSON.stringify(key.slice(0, 80))}: want 64 hex digits, a point and an ending`,
      );
    }
    return join(folder, key.slice(0, 2), key.slice(2, 4), key);
  }

  async function read(key: string): Promise<Buffer | undefined> {
    const bytes = await ifThere(readFile(pathOf(key)));
    return bytes && key.startsWith(hash(bytes)) ? bytes : undefined;
  }

  return {
    async put(bytes, ending) {
      const key = `${hash(bytes)}.${ending}`;
      const path = pathOf(key);
      await inTurn(key, async () => {
        if (await read(key)) await touch(path);
        else await write(path, bytes, folder);
      });
      return key;
    },
    get: (key) => read(key),
    async remove(key, how) {
      const path = pathOf(key);
      await inTurn(key, async () => {
        if (how && !(await hasRested(path, how.rested))) return;
        await overwrite(path);
        await rm(path, { force: true });
      });
    },
    async *keys(how) {
      for await (const { name, path } of filesIn(folder)) {
        if (partForm.test(name)) await removeOld(path);
        else if (form.test(name) && (!how || (await hasRested(path, how.rested)))) yield name;
      }
    },
  };
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes beside the place and moves there; on the disk when it returns. */
async function write(path: string, bytes: Uint8Array, folder: string): Promise<void> {
  const own = dirname(path);
  const made = await mkdir(own, { recursive: true });
  const part = join(own, `.${randomUUID()}.part`);
  try {
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  // A new name is on the disk when its folder is.
  for (const changed of made ? [own, dirname(own), folder] : [own]) await syncFolder(changed);
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no such thing; its names are journalled.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes zeros over a file. As good as a file system lets us: one that copies on write, and a flash disk that moves
 * blocks about, may keep the old ones for a while.
 */
async function overwrite(path: string): Promise<void> {
  const file = await ifThere(open(path, 'r+'));
  if (!file) return;
  try {
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size), 0, size, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whether a file was put so long ago; by the file system's own time, which is the machine's. */
async function hasRested(path: string, milliseconds: number): Promise<boolean> {
  const facts = await ifThere(stat(path));
  return facts !== undefined && Date.now() - facts.mtimeMs >= milliseconds;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

async function removeOld(part: string): Promise<void> {
  if (!(await hasRested(part, partLife))) return;
  await overwrite(part);
  await rm(part, { force: true });
}

async function* filesIn(folder: string): AsyncGenerator<{ name: string; path: string }> {
  for (const entry of (await ifThere(readdir(folder, { withFileTypes: true }))) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else yield { name: entry.name, path };
  }
}

/** What a call gives, or undefined when there is no such file. */
async function ifThere<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
