import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { UserError } from '../errors.js';
import {
  type CallAsk,
  errorLine,
  type PictureAsk,
  type Ready,
  readyLine,
  unavailableLine,
} from './protocol.js';

/** A program that answers as protocol.ts says. */
export interface PeerProcess {
  readonly ready: Ready;
  readonly pid: number | undefined;
  /** @throws UserError `engine-died`, `engine-hung`, or with what the program says went wrong; `cancelled` */
  ask<Answer extends z.ZodType>(question: CallAsk | PictureAsk, answer: Answer): Promise<z.output<Answer>>;
  /** Ends it, with all that it started; resolves when it is gone. */
  close(): Promise<void>;
}

export interface PeerOptions {
  /** As people know it, for errors. */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Called with the process's id once it is there. */
  onStart?(pid: number | undefined): void;
}

/** A picture of a large model takes minutes on a small machine, and compiling it too. */
const mostMilliseconds = 30 * 60_000;
const stderrKept = 4096;

/**
 * Starts such a program and waits until it is ready.
 *
 * @throws UserError `not-found` where it says why it cannot be, `engine-died` where it does not say, `cancelled`
 * @example
 * const peer = await openPeer({ name: 'diffusers', command: ['python3', 'peer.py', '--peer', 'diffusers'], env, signal });
 * const { seconds } = await peer.ask({ do: 'call', width: 512, height: 512, batch: 1, tokens: 77 }, callLine);
 */
export async function openPeer({ name, command, env, signal, onStart }: PeerOptions): Promise<PeerProcess> {
  if (signal.aborted) throw cancelled();
  const child = start(command, env);
  onStart?.(child.pid);
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrKept);
  });
  // Whoever asks a program that has ended is told so by its end.
  child.stdin!.on('error', () => {});
  let waiting: { resolve(line: unknown): void; reject(error: Error): void } | undefined;
  let death: UserError | undefined;

  createInterface({ input: child.stdout! }).on('line', (text) => {
    const line = objectOf(text);
    if (line === undefined) return; // Libraries greet on stdout too.
    waiting?.resolve(line);
    waiting = undefined;
  });
  const ended = endOf(child, command[0]!).then((how) => {
    const last = stderr.trim().split('\n').at(-1);
    death = new UserError('engine-died', `Cannot measure ${name}: ${how}${last ? `: ${last}` : ''}`);
    // What it wrote last is read first.
    setImmediate(() => waiting?.reject(death!));
  });
  const cancel = () => waiting?.reject(cancelled());
  signal.addEventListener('abort', cancel);

  async function next(): Promise<unknown> {
    if (signal.aborted) throw cancelled();
    if (death) throw death;
    const slow = new UserError(
      'engine-hung',
      `Cannot measure ${name}: no answer in ${mostMilliseconds / 60_000} minutes`,
    );
    const timer = setTimeout(() => waiting?.reject(slow), mostMilliseconds);
    try {
      return await new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    } finally {
      waiting = undefined;
      clearTimeout(timer);
    }
  }

  async function close(): Promise<void> {
    signal.removeEventListener('abort', cancel);
    killGroup(child);
    await ended;
  }

  try {
    const line = await next();
    const no = unavailableLine.safeParse(line);
    if (no.success) throw new UserError('not-found', no.data.unavailable);
    const ready = understood(name, readyLine, line);
    return {
      ready,
      pid: child.pid,
      async ask(question, answer) {
        const answered = next();
        child.stdin!.write(`${JSON.stringify(question)}\n`);
        return understood(name, answer, await answered);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** In a group of its own, so that it can be ended with all that it starts, and Ctrl-C is not told twice. */
function start([program, ...args]: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(program!, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
}

/** How a process has ended, in words. */
async function endOf(child: ChildProcess, program: string): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve(`${program} does not start (${error.code})`);
    });
    child.on('close', (code, signal) => resolve(`its process ended (${signal ?? `status ${code}`})`));
  });
}

/** Ends a process that was started in a group of its own, with the whole group. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

export function cancelled(): UserError {
  return new UserError('cancelled', 'Cancelled before all was measured');
}

function understood<Schema extends z.ZodType>(name: string, schema: Schema, line: unknown): z.output<Schema> {
  const parsed = schema.safeParse(line);
  if (parsed.success) return parsed.data;
  const said = errorLine.safeParse(line);
  const found = said.success ? said.data.error : `it says ${JSON.stringify(line).slice(0, 200)}`;
  throw new UserError('engine-died', `Cannot measure ${name}: ${found}`);
}

function objectOf(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
