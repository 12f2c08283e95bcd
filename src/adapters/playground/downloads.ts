import { randomUUID } from 'node:crypto';

/** A file that waits to be fetched. */
export interface Download {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Files handed over, and pictures only looked at, in memory: an export of somebody's data leaves nothing on the disk. */
export interface Downloads {
  /** Gives the id to fetch it by; the given one, or one that cannot be guessed. */
  add(file: Download, id?: string): string;
  get(id: string): Download | undefined;
}

/**
 * Keeps the newest files up to that many bytes in all, and always the last one.
 *
 * @example createDownloads(64 * 1024 * 1024).add({ name: 'stats.csv', type: 'text/csv', bytes });
 */
export function createDownloads(mostBytes: number): Downloads {
  const files = new Map<string, Download>();
  let total = 0;

  return {
    add({ name, type, bytes }, id = randomUUID()) {
      total += bytes.length - (files.get(id)?.bytes.length ?? 0);
      files.delete(id);
      files.set(id, { name, type, bytes });
      for (const [old, file] of files) {
        if (total <= mostBytes || old === id) break;
        files.delete(old);
        total -= file.bytes.length;
      }
      return id;
    },
    get: (id) => files.get(id),
  };
}
