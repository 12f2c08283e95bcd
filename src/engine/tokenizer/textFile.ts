import { readFile, stat } from 'node:fs/promises';
import { fileError } from '../checkpoint/fileError.js';
import { refuse } from '../checkpoint/refuse.js';

const maxBytes = 10_000_000;

/**
 * The bytes of a vocabulary file, as hostile input: at most 10 MB.
 *
 * @throws UserError `bad-model` when it is missing, too large or cannot be read.
 * @example await readBytes('/m/tokenizer/vocab.json');
 */
export async function readBytes(file: string): Promise<Buffer> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) refuse(file, 'it is not a file', 'a text file');
    if (stats.size > maxBytes) refuse(file, `it is ${stats.size} bytes long`, `at most ${maxBytes}`);
    return await readFile(file);
  } catch (error) {
    throw fileError(`Cannot open ${file}`, error, 'bad-model');
  }
}

/**
 * The lines of a vocabulary file, as hostile input: UTF-8, at most 10 MB.
 *
 * @throws UserError `bad-model` when it is missing, too large or cannot be read.
 * @example await readLines('/m/tokenizer/vocab.txt'); // ['[PAD]', '[unused0]', …]
 */
export async function readLines(file: string): Promise<string[]> {
  const lines = (await readBytes(file)).toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
