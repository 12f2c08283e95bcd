import { readFile, stat } from 'node:fs/promises';
import { fileError } from './fileError.js';
import { refuse } from './refuse.js';

const maxDepth = 32;
/** Python writes a float infinity as this bare word, which JSON lacks; diffusers' DPM-Solver configs have one. */
const pythonInfinity = /([:[,]\s{0,8}-?)Infinity\b/g;

/**
 * Reads a checkpoint's JSON file as hostile input: at most 32 levels deep, and no longer than it may be.
 *
 * @throws UserError `bad-model` when it is missing, too large, too deep or not JSON.
 * @example await readJson('/m/unet/config.json', 1_000_000);
 */
export async function readJson(file: string, maxBytes: number): Promise<unknown> {
  let text: string;
  try {
    const stats = await stat(file);
    if (!stats.isFile()) refuse(file, 'it is not a file', 'a JSON file');
    if (stats.size > maxBytes) refuse(file, `it is ${stats.size} bytes long`, `at most ${maxBytes}`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fileError(`Cannot open ${file}`, error, 'bad-model');
  }
  // Before parsing: what is nested a million deep parses, and then overflows the stack of whoever walks it.
  if (depth(text) > maxDepth) refuse(file, `it is nested over ${maxDepth} levels deep`, 'a plain JSON file');
  try {
    return parse(text);
  } catch {
    return refuse(file, 'it is not JSON', 'a JSON file');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(pythonInfinity, (_, before: string) => `${before}1e999`));
  }
}

function depth(text: string): number {
  let deepest = 0;
  let level = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) quoted = !quoted;
    else if (quoted && code === 0x5c) i++;
    else if (!quoted && (code === 0x5b || code === 0x7b)) deepest = Math.max(deepest, ++level);
    else if (!quoted && (code === 0x5d || code === 0x7d)) level--;
  }
  return deepest;
}
