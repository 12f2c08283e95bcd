import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What merged weights take on the disk at most, all LoRAs together: SDXL's, in F32, are up to 9 GB a set of LoRAs. */
const mostBytes = 32 * 2 ** 30;

/** The files that a cache folder's `weights` are in, of which those used longest ago give way. */
export interface KeptFiles {
  /** Notes that a file is being used. */
  use(file: string): Promise<void>;
  /** Removes files until there is room for so many bytes more below the limit. */
  makeRoom(bytes: number): Promise<void>;
}

/** @example await keptFiles('data/cache/loras').makeRoom(9e9); */
export function keptFiles(cacheFolder: string, most = mostBytes): KeptFiles {
  const weights = join(cacheFolder, 'weights');
  const uses = join(cacheFolder, 'used');
  const noteOf = (name: string) => join(uses, `${name}.used`);

  async function all() {
    const names = (await readdir(weights).catch(() => [])).filter((name) => name.endsWith('.safetensors'));
    const files = await Promise.all(
      names.map(async (name) => {
        const file = await stat(join(weights, name)).catch(() => undefined);
        const note = await stat(noteOf(name)).catch(() => undefined);
        return file && { name, size: file.size, usedMs: Math.max(note?.mtimeMs ?? 0, file.mtimeMs) };
      }),
    );
    return files.filter((file) => file !== undefined).sort((a, b) => a.usedMs - b.usedMs);
  }

  return {
    async use(file) {
      const name = file.slice(weights.length + 1);
      // A folder that cannot be written to keeps its files in the order in which they were made.
      await mkdir(uses, { recursive: true }).catch(() => {});
      await writeFile(noteOf(name), '').catch(() => {});
      const now = new Date();
      await utimes(noteOf(name), now, now).catch(() => {});
    },

    async makeRoom(bytes) {
      const files = await all();
      let sum = files.reduce((total, { size }) => total + size, bytes);
      for (const { name, size } of files) {
        if (sum <= most) return;
        // One that is open stays readable where the system lets it be removed at all.
        await rm(join(weights, name), { force: true }).catch(() => {});
        await rm(noteOf(name), { force: true }).catch(() => {});
        sum -= size;
      }
    },
  };
}
