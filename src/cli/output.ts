import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFile,
  link,
  lstat,
  open,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { UserError } from '../errors.js';

/** PNG files on their way to the disk. */
export interface Drawn {
  /** With the seed that each was drawn from, which names it where `name` does not. */
  readonly pictures: readonly { readonly seed: number; readonly name?: string; readonly png: Buffer }[];
  /** All of them beside each other, when there are several. */
  readonly grid?: Buffer;
}

export interface Written {
  /** In the order of the pictures. */
  readonly files: readonly string[];
  readonly grid?: string;
}

/** Where pictures go. */
export interface Output {
  /** Writes all, each one whole or not at all. */
  write(drawn: Drawn): Promise<Written>;
}

/**
 * Checks, before anything is drawn, that pictures can be written.
 *
 * With `out`, one picture goes there, replacing what is there; of several, the grid goes there and the pictures
 * beside it, as `out-1.png`, `out-2.png`. Without, they are `kiln-SEED.png` and `kiln-SEED-grid.png` in the working
 * folder, or `kiln-SEED-2.png` and so on where that name is taken: nothing is ever replaced.
 *
 * @throws UserError `bad-output`
 * @example
 * const output = await openOutput('dog.png');
 * const { files } = await output.write({ pictures: [{ seed: 7, png }] });
 */
export async function openOutput(out: string | undefined): Promise<Output> {
  const target = out === undefined ? undefined : await checkedTarget(out);
  const folder = target === undefined ? '.' : dirname(target);
  await probe(folder, out ?? 'pictures');

  return {
    async write({ pictures, grid }) {
      const stem = target?.slice(0, target.length - extname(target).length);
      const files = pictures.map(({ seed, name = `kiln-${seed}`, png }, index) => ({
        png,
        name: target === undefined ? name : grid ? `${stem}-${index + 1}${extname(target)}` : target,
      }));
      const first = pictures[0]!.seed;
      if (grid) files.push({ png: grid, name: target ?? `kiln-${first}-grid` });

      const temporary = files.map(() => join(folder, `.kiln-${randomUUID()}.tmp`));
      try {
        await Promise.all(files.map(({ png }, index) => writeFile(temporary[index]!, png, { flag: 'wx' })));
        const written: string[] = [];
        for (const [index, { name }] of files.entries()) {
          const from = temporary[index]!;
          if (target === undefined) written.push(await placeBeside(from, name));
          else written.push(await rename(from, name).then(() => name));
        }
        return { files: written.slice(0, pictures.length), grid: written[pictures.length] };
      } catch (cause) {
        throw cannotWrite(
          out ?? files[0]!.name,
          `the system says ${(cause as NodeJS.ErrnoException).code}`,
          cause,
        );
      } finally {
        await Promise.all(temporary.map((file) => rm(file, { force: true })));
      }
    },
  };
}

/** The file itself where `out` is a link to one; refused where a rename would replace something else than a file. */
async function checkedTarget(out: string): Promise<string> {
  const ending = extname(out).toLowerCase();
  if (/^\.(jpe?g|webp|gif|avif|tiff?|bmp|svg)$/.test(ending)) {
    throw cannotWrite(out, `found the ending ${ending}, want .png`);
  }
  const there = await stat(out).catch((cause) => {
    // No file yet; a folder that is missing is told by `probe`.
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw cannotWrite(out, `the system says ${cause.code}`, cause);
  });
  if (there?.isDirectory() || out === '' || /[/\\]$/.test(out)) {
    throw cannotWrite(out || '""', 'found no file name, want one such as dog.png');
  }
  if (there && !there.isFile()) throw cannotWrite(out, 'found a device or pipe, want a file');
  const isLink = (await lstat(out).catch(() => undefined))?.isSymbolicLink();
  return there && isLink ? realpath(out) : out;
}

async function probe(folder: string, what: string): Promise<void> {
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory()) throw cannotWrite(what, `found no folder ${folder}, want one that is there`);
  const file = join(folder, `.kiln-${randomUUID()}.tmp`);
  try {
    await (await open(file, 'wx')).close();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    throw cannotWrite(
      what,
      `found that folder ${folder} takes no files (${reason}), want one that does`,
      cause,
    );
  }
  await rm(file);
}

/** Moves a file to `name.png`, or the first of `name-2.png`, `name-3.png` … that is free. */
async function placeBeside(from: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const to = `${name}${number === 1 ? '' : `-${number}`}.png`;
    try {
      // Unlike a rename, a link never replaces, even when two draws end at the same moment.
      await link(from, to).catch((error) => {
        if (error.code === 'EEXIST') throw error;
        return copyFile(from, to, constants.COPYFILE_EXCL); // a file system without links
      });
      return to;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function cannotWrite(what: string, rest: string, cause?: unknown): UserError {
  return new UserError('bad-output', `Cannot write ${what}: ${rest}`, { cause });
}
