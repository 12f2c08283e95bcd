import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.js';
import type { DrawRequest, Picture, Progress } from '../job.js';
import { type Death, deathError } from './death.js';
import type { ModelFacts, WarmUp } from './drawing.js';
import { type FromEngine, fromWire, type Opening, protocol, type ToEngine } from './messages.js';

/** A process that has begun to load the engine's code, and no model yet. */
export interface Forked {
  readonly child: ChildProcess;
  /** How it ended. */
  readonly ended: Promise<Omit<Death, 'output'>>;
}

export interface ForkOptions {
  readonly opening: Opening;
  /** The whole environment of the process, already without secrets. */
  readonly env: Record<string, string>;
  /** One that was forked ahead with the same environment, in place of a new one. */
  readonly forked?: Forked;
  /** The program to fork, for tests; process.js when left out. */
  readonly entry?: string;
  /** Called once, before any waiting call fails. `closed` when it was asked to end. */
  onEnd(death: Death, closed: boolean): void;
}

export interface DrawOptions {
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
  /** Whether `Progress.preview` is wanted; a model with a safety checker gives one only where `allowFlagged` is asked for. */
  readonly preview?: boolean;
}

/** One process of the engine, from fork to exit. */
export interface EngineProcess {
  readonly pid: number | undefined;
  /** Settles when the model is loaded, or cannot be. */
  readonly opened: Promise<ModelFacts>;
  /** What the model is, as it was last told; waits for it to be loaded. */
  describe(): Promise<ModelFacts>;
  /** Private memory in bytes: after the first answer to a draw, and after the latest answer. */
  readonly memory: { readonly first: number; readonly latest: number };
  /** Pictures drawn so far. */
  readonly drawn: number;
  /** `onBegan` tells that the process has taken the draw up, and may die of it from then on. */
  draw(request: DrawRequest, options: DrawOptions & { onBegan(): void }): Promise<Picture>;
  warm(sizes: readonly WarmUp[]): Promise<void>;
  /** Resolves when no call is under way. */
  idle(): Promise<void>;
  /** Fails what is under way, lets the process end, kills it if it does not, and resolves when it is gone. */
  close(): Promise<void>;
}

/** A blocked process cannot hear that it should end: it gets this long to finish its run. */
const graceMilliseconds = 1000;
const outputKept = 4096;

// From source, as the tests run it, the process still needs its compiled form.
const compiled = import.meta.url.endsWith('.ts') ? '../../dist/src/engine/process.js' : './process.js';
const ownEntry = fileURLToPath(new URL(compiled, import.meta.url));

/** The messages that end a call. */
type Answer = Extract<FromEngine, { readonly memory: number }>;

interface Call {
  readonly doing: 'open' | 'draw';
  /** Settles the promise that the caller holds. */
  answered(message: Answer): void;
  failed(error: Error): void;
  began?(): void;
  progress?(progress: Progress): void;
}

/**
 * Forks an engine process ahead of what it is to open: it loads the engine's own pipeline meanwhile, and ends with this
 * process if nobody takes it.
 *
 * @example const forked = forkAhead(engineEnvironment(readEnvironment()));
 */
export function forkAhead(env: Record<string, string>): Forked {
  return forkProcess(ownEntry, env, ['ahead']);
}

function forkProcess(entry: string, env: Record<string, string>, more: readonly string[] = []): Forked {
  const child = fork(entry, [String(process.pid), ...more], {
    env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  unref(child);
  return { child, ended: endOf(child) };
}

/**
 * Forks an engine process and has it load its model. Its handles never keep this process alive: whoever waits for
 * an answer does.
 */
export function forkEngine({ opening, env, forked, onEnd, entry = ownEntry }: ForkOptions): EngineProcess {
  const { child, ended: end } = forked ?? forkProcess(entry, env);
  const calls = new Map<number, Call>();
  const memory = { first: 0, latest: 0 };
  let lastId = 0;
  let drawn = 0;
  let latest: ModelFacts | undefined;
  let output = '';
  let death: Death | undefined;
  let closing: Promise<void> | undefined;
  let becameIdle = () => {};

  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputKept);
    });
  }
  child.on('message', (message: FromEngine) => receive(message));
  const ended = end.then((how) => {
    death = { ...how, output };
    onEnd(death, closing !== undefined);
    for (const { doing, failed } of calls.values()) failed(deathError(death, doing, opening.hangSeconds));
    calls.clear();
    becameIdle();
  });

  function receive(message: FromEngine): void {
    if (message.type === 'hello') {
      greet(message.protocol);
      return;
    }
    const call = calls.get(message.id);
    if (!call) return;
    if (message.type === 'began') call.began?.();
    else if (message.type === 'progress') call.progress?.(message.progress);
    else settle(message, call);
  }

  function settle(message: Answer, call: Call): void {
    memory.latest = message.memory;
    if (call.doing === 'draw') memory.first ||= message.memory;
    if (message.type === 'drawn') drawn += 1;
    if (message.type === 'warmed') latest = message.facts;
    if (message.type === 'failed') call.failed(fromWire(message.error));
    else call.answered(message);
    calls.delete(message.id);
    if (calls.size === 0) becameIdle();
  }

  function greet(spoken: number): void {
    if (spoken === protocol) return;
    const error = new Error(
      `Cannot open the engine: its process speaks protocol ${spoken}, want ${protocol}; compile the project again`,
    );
    for (const { failed } of calls.values()) failed(error);
    child.kill('SIGKILL');
  }

  /** Sends a message and waits for its answer; gives the id, so that the call can be cancelled. */
  function ask(call: Call, message: (id: number) => ToEngine): number {
    const id = (lastId += 1);
    if (closing) call.failed(closedError());
    else if (death) call.failed(deathError(death, call.doing, opening.hangSeconds));
    else {
      tell(message(id));
      calls.set(id, call);
    }
    return id;
  }

  function tell(message: ToEngine): void {
    // Without a connection, or when the send fails, the process is gone, and its end is told to every call.
    if (child.connected) child.send(message, () => {});
  }

  const opened = new Promise<ModelFacts>((resolve, reject) => {
    const answered = (message: Answer) => message.type === 'opened' && resolve(message.facts);
    ask({ doing: 'open', answered, failed: reject }, (id) => ({ type: 'open', id, opening }));
  });

  return {
    get pid() {
      return child.pid;
    },
    get drawn() {
      return drawn;
    },
    opened,
    memory,

    async describe() {
      const first = await opened;
      return latest ?? first;
    },

    draw(request, { signal, onProgress, preview = false, onBegan }) {
      return new Promise((resolve, reject) => {
        let last: Progress | undefined;
        const cancel = () => {
          tell({ type: 'cancel', id });
          failed(new UserError('cancelled', `Cancelled ${place(last)}`));
        };
        const failed = (error: Error) => {
          signal?.removeEventListener('abort', cancel);
          reject(error);
        };
        const answered = (message: Answer) => {
          signal?.removeEventListener('abort', cancel);
          if (message.type === 'drawn') resolve(message.picture);
        };
        const progress = (now: Progress) => {
          last = now;
          if (signal?.aborted) return;
          try {
            onProgress?.(now);
          } catch (error) {
            // The caller's mistake fails the caller's draw, not whoever else reads messages.
            tell({ type: 'cancel', id });
            failed(error as Error);
          }
        };
        const call: Call = { doing: 'draw', answered, failed, began: onBegan, progress };
        const id = ask(call, (id) => ({ type: 'draw', id, request, preview }));
        if (signal?.aborted) cancel();
        else signal?.addEventListener('abort', cancel, { once: true });
      });
    },

    warm(sizes) {
      return new Promise((resolve, reject) => {
        const call: Call = { doing: 'open', answered: () => resolve(), failed: reject };
        ask(call, (id) => ({ type: 'warm', id, sizes }));
      });
    },

    async idle() {
      if (calls.size === 0) return;
      await new Promise<void>((resolve) => {
        becameIdle = resolve;
      });
    },

    close() {
      closing ??= finish();
      return closing;
    },
  };

  async function finish(): Promise<void> {
    for (const { failed } of calls.values()) failed(closedError());
    tell({ type: 'close' });
    const kill = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
    await ended;
    clearTimeout(kill);
  }
}

/** For whoever asks a closed engine, or waits for one while it is closed. */
export function closedError(): UserError {
  return new UserError('engine-closed', 'Cannot draw: the engine was closed');
}

function place(last: Progress | undefined): string {
  return last ? `at step ${last.step} of ${last.steps}` : 'before the first step';
}

function unref(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as { unref?(): void } | null)?.unref?.();
}

/** The end of a process, once all it had sent and written has been read: a picture may still be in the pipe. */
async function endOf(child: ChildProcess): Promise<Omit<Death, 'output'>> {
  const notStarted = new Promise<Omit<Death, 'output'>>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, notStarted: error });
    });
  });
  const disconnected = new Promise((resolve) => child.once('disconnect', resolve));
  const closed = new Promise<Omit<Death, 'output'>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return Promise.race([notStarted, Promise.all([closed, disconnected]).then(([how]) => how)]);
}
