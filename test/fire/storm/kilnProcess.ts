import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A moment to die at, by the statement that Kiln is about to execute, or has just executed. */
export interface Aim {
  /** A regular expression. */
  readonly sql: string;
  readonly when: 'before' | 'after';
  readonly count: number;
}

export interface KilnProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Time runs so many times as fast since `from`. */
  readonly clock?: { readonly from: number; readonly factor: number };
  readonly aim?: Aim;
  /** The stand-in for the model; the built-in one when left out. */
  readonly pipeline?: string;
}

/** One life of Kiln. */
export interface KilnProcess {
  readonly pid: number;
  /** The playground's address once it is up; undefined when it ended before. */
  readonly up: Promise<string | undefined>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly over: boolean;
  /** `kill -9`; resolves when it is dead. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit status. */
  stop(): Promise<number | null>;
  /** What it wrote to stderr. */
  readonly said: string;
}

const entry = fileURLToPath(new URL('../../fixtures/storm-kiln.mjs', import.meta.url));
const endWithParent = new URL('../../fixtures/end-with-parent.mjs', import.meta.url).href;
const living = new Set<ChildProcess>();

/** @example const kiln = startKilnProcess({ env: { KILN_DATA: folder } }); await kiln.up; await kiln.kill(); */
export function startKilnProcess({ env, clock, aim, pipeline }: KilnProcessOptions): KilnProcess {
  const { PATH = '', STORM_LOG } = process.env;
  const child = spawn(process.execPath, ['--import', endWithParent, entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...{ PATH, KILN_PORT: '0', KILN_DEVICE: 'cpu', ...env },
      ...(STORM_LOG && { STORM_LOG }),
      ...(clock && { STORM_CLOCK: `${clock.from} ${clock.factor}` }),
      ...(aim && { STORM_KILL: JSON.stringify(aim) }),
      ...(pipeline && { STORM_PIPELINE: pipeline }),
    },
  });
  living.add(child);
  let said = '';
  let over = false;
  child.stderr.on('data', (data) => {
    said += data;
    if (STORM_LOG) process.stderr.write(data);
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    over = true;
    living.delete(child);
    return { code: code as number | null, signal: signal as string | null };
  });
  const first = once(child.stdout, 'data').then(([line]) => String(line).trim());
  return {
    pid: child.pid!,
    up: Promise.race([first, ended.then(() => undefined)]),
    ended,
    get over() {
      return over;
    },
    get said() {
      return said;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGTERM');
      return (await ended).code;
    },
  };
}

/** For the end of a test, however it ends. */
export async function killAll(): Promise<void> {
  const all = [...living];
  for (const child of all) child.kill('SIGKILL');
  await Promise.all(all.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
}

/** The processes that a process has started, and theirs. Empty where there is no /proc. */
export function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const own = threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return own.flatMap((child) => [child, ...childrenOf(child)]);
  } catch {
    return [];
  }
}

/** Whether a process is there and does something; one that ended and was not waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
