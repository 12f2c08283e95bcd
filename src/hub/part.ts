import { readFile, rm, stat, writeFile } from 'node:fs/promises';

/** What there is of a file that has not come as a whole. */
export interface Part {
  /** `FILE.incomplete`. */
  readonly file: string;
  /** Bytes that are there. */
  length: number;
  /** The ETag, or date, that the server gave with them: what `If-Range` may hold. */
  readonly validator: string | undefined;
  /** It is empty, and what comes now has that validator. */
  begin(validator: string | undefined): Promise<void>;
  /** Removes the bytes and what is known of them. */
  discard(): Promise<void>;
}

/**
 * What an earlier download left of a file.
 *
 * @example const part = await partOf('/models/.incomplete/o--r/3f0c…'); part.length; // 1048576
 */
export async function partOf(whole: string): Promise<Part> {
  const file = `${whole}.incomplete`;
  const note = `${file}.etag`;
  let validator = await readFile(note, 'utf8').catch(() => undefined);
  const part: Part = {
    file,
    length: (await stat(file).catch(() => undefined))?.size ?? 0,
    get validator() {
      return validator;
    },
    async begin(next) {
      part.length = 0;
      validator = next;
      // Before the first byte: bytes without it would be taken for another state's.
      if (next === undefined) await rm(note, { force: true });
      else await writeFile(note, next);
    },
    async discard() {
      part.length = 0;
      validator = undefined;
      await Promise.all([rm(file, { force: true }), rm(note, { force: true })]);
    },
  };
  return part;
}
