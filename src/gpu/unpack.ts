import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { openPromise } from 'yauzl';
import { UserError } from '../errors.js';

/** A file of a wheel on its way out. */
export interface Member {
  /** Without the folders that it has in the wheel, whatever their names. */
  readonly name: string;
  readonly bytes: number;
  open(): Promise<Readable>;
}

/**
 * Gives the files of a wheel, which is a zip archive, whose paths match, one after another. Each is read as it is
 * wanted: a provider of 272 MB is never in memory as a whole.
 *
 * @param action the start of the sentence
 * @throws UserError `bad-model` for what is no zip archive, or has paths that lead out of it
 * @example for await (const { name, open } of unpack('/x.whl', /\.so$/, 'Cannot install CUDA')) (await open()).pipe(…);
 */
export async function* unpack(wheel: string, wanted: RegExp, action: string): AsyncGenerator<Member> {
  const refuse = (error: unknown) =>
    new UserError(
      'bad-model',
      `${action}: found ${basename(wheel)} to be no sound zip archive (${said(error)}), want a wheel`,
      {
        cause: error,
      },
    );
  const zip = await openPromise(wheel, { autoClose: false }).catch((error) => {
    throw refuse(error);
  });
  try {
    const entries = zip.eachEntry();
    for (;;) {
      // It refuses absolute paths, backslashes and "..", and sizes that are not those announced.
      const { value: entry, done } = await entries.next().catch((error) => {
        throw refuse(error);
      });
      if (done) return;
      if (!wanted.test(entry.fileName)) continue;
      yield {
        name: basename(entry.fileName),
        bytes: entry.uncompressedSize,
        open: () =>
          zip.openReadStreamPromise(entry).catch((error) => {
            throw refuse(error);
          }),
      };
    }
  } finally {
    zip.close();
  }
}

function said(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 80);
}
