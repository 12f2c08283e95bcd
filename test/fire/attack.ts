import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import type { Random } from './random.js';

/** Spoils a good checkpoint so that it must not be opened. */
export type Attack = (random: Random, folder: string) => Promise<unknown>;

/** What lies in wait under a weights file's or a config's name instead of a file. */
export const decoys: ((file: string) => unknown)[] = [
  (file) => mkdir(file),
  (file) => execFileSync('mkfifo', [file]),
  (file) => symlink('/dev/zero', file),
  (file) => symlink('/dev/urandom', file),
  (file) => symlink(file, file),
  (file) => symlink('/nowhere', file),
  () => undefined,
];
