import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { UserError } from '../errors.js';
import { cancelled, killGroup } from './peerProcess.js';
import { unavailableLine } from './protocol.js';
import { type PeakMemory, watchMemory } from './treeMemory.js';

export interface ColdStartOptions {
  /** As people know it, for errors. */
  readonly name: string;
  /** The program and its arguments: it draws one picture, or several, and ends. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the picture must be then. */
  readonly file: string;
  readonly signal: AbortSignal;
}

export interface ColdStart {
  readonly seconds: number;
  /** Of all its processes together. */
  readonly memory: PeakMemory | undefined;
}

const outputKept = 4096;

/**
 * How long a program takes from its start to its end, with a picture on disk.
 *
 * @throws UserError `engine-died` where there is no picture then, `cancelled`
 * @example (await coldStart({ name: 'kiln', command: ['kiln', 'draw', 'a fox', '--out', file], env, file, signal })).seconds;
 */
export async function coldStart({ name, command, env, file, signal }: ColdStartOptions): Promise<ColdStart> {
  if (signal.aborted) throw cancelled();
  const [program, ...args] = command;
  const began = performance.now();
  const child = spawn(program!, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const memory = watchMemory(child.pid);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] = (said[stream] + text).slice(-outputKept);
    });
  }
  const kill = () => killGroup(child);
  signal.addEventListener('abort', kill);
  try {
    const how = await new Promise<string | undefined>((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        resolve(`${program} does not start (${error.code})`),
      );
      child.on('exit', (code, signal) =>
        resolve(code === 0 ? undefined : `its process ended (${signal ?? `status ${code}`})`),
      );
    });
    const seconds = (performance.now() - began) / 1000;
    if (signal.aborted) throw cancelled();
    if (how === undefined && existsSync(file)) return { seconds, memory: memory.stop() };
    const words = [how ?? 'it drew no picture', reasonIn(said)].filter(Boolean);
    throw new UserError('engine-died', `Cannot measure the cold start of ${name}: ${words.join(': ')}`);
  } finally {
    memory.stop();
    signal.removeEventListener('abort', kill);
    kill();
  }
}

/** What a program said for itself: its sentence, or the last line of its complaint. */
function reasonIn({
  stdout,
  stderr,
}: {
  readonly stdout: string;
  readonly stderr: string;
}): string | undefined {
  for (const line of stdout.split('\n')) {
    try {
      const no = unavailableLine.safeParse(JSON.parse(line));
      if (no.success) return no.data.unavailable;
    } catch {
      // Not one of ours.
    }
  }
  return stderr.trim().split('\n').at(-1) || undefined;
}
