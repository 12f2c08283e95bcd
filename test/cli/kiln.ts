import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The compiled command. */
export const entry = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));

const endWithParent = new URL('../fixtures/end-with-parent.mjs', import.meta.url).href;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the compiled `kiln` in a folder, with nothing of Kiln's own in its environment but what is given. */
export function startKiln(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  const child = spawn(process.execPath, ['--import', endWithParent, entry, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...text }));
  });
  return { child, ended };
}

/** Runs the compiled `kiln` to its end. */
export function kiln(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  return startKiln(folder, args, environment).ended;
}
