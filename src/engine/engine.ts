import { UserError } from '../errors.js';
import type { DrawRequest, Picture } from '../job.js';
import type { ModelFacts, PipelineOptions, Size } from './drawing.js';
import { engineEnvironment } from './environment.js';
import { closedError, type DrawOptions, type EngineProcess, forkEngine } from './fork.js';

export interface EngineOptions extends Omit<PipelineOptions, 'onRun'> {
  /** The environment to take `PATH`, GPU choices and the like from; what else is in it stays here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Private memory after a draw, above which the process is replaced once its draws are done. No limit when left out. */
  readonly memoryCeilingMb?: number;
  /** Longest that one run of a network may take, in seconds; more for loads and the first run of a shape. Default 120. */
  readonly hangSeconds?: number;
  /** URL of a module exporting `openPipeline`, for tests; the engine's own when left out. */
  readonly pipeline?: string;
  onEvent?(event: EngineEvent): void;
}

/** What happens to the engine's processes, for the log. */
export type EngineEvent =
  | { readonly type: 'opened'; readonly pid: number; readonly milliseconds: number }
  /** A process ended that nobody asked to. `output` is the last of what it wrote; the draws in it reject on their own. */
  | {
      readonly type: 'died';
      readonly code: number | null;
      readonly signal: string | null;
      readonly output: string;
    }
  | { readonly type: 'recycled'; readonly memoryMb: number }
  /** The process is above the ceiling from its first picture on, so that replacing it would gain nothing. */
  | { readonly type: 'ceiling-too-low'; readonly memoryMb: number };

export interface Engine {
  /**
   * Draws one picture; several may be under way at once and share the model's calls. Takes up to the whole drawing
   * time, none of it on this thread.
   *
   * @throws UserError `bad-option` and the like for the request; `cancelled`; `engine-closed`; `engine-died` or
   *   `engine-hung` when the process ended with this draw in it: the next draw works on a fresh process. A draw that
   *   the dead process had not taken up is drawn by the fresh one instead.
   * @example const { pixels, seed } = await engine.draw({ prompt: 'a red heart' });
   */
  draw(request: DrawRequest, options?: DrawOptions): Promise<Picture>;
  describe(): Promise<ModelFacts>;
  /** Runs the networks once for each size, now and in every process that follows this one. */
  warm(sizes: readonly Size[]): Promise<void>;
  /** Ends the process and frees all it held; draws under way reject with `engine-closed`. Resolves when it is gone. */
  close(): Promise<void>;
  /** The process's id; undefined while there is none. */
  readonly pid: number | undefined;
}

const defaultHangSeconds = 120;
const bytesPerMb = 2 ** 20;

/**
 * Loads a model in a process of its own and gives the handle to draw with. A process that dies is followed by
 * another, at once if it had drawn before, else with the next draw. This process can exit while the engine is idle:
 * the engine then goes with it.
 *
 * @throws UserError `bad-model`, `no-device` … from opening the model; `engine-died` when the process dies of it.
 * @example
 * const engine = await openEngine({ model: 'assets/models/sprite', device: 'auto', cacheFolder: 'data/cache', env });
 * await engine.draw({ prompt: 'a happy dog' });
 * await engine.close();
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { env, memoryCeilingMb, hangSeconds = defaultHangSeconds, onEvent, ...rest } = options;
  const opening = { ...rest, hangSeconds };
  const ceiling = (memoryCeilingMb ?? Number.POSITIVE_INFINITY) * bytesPerMb;

  const processes = new Set<EngineProcess>();
  /** The child that takes draws, or will once it is open; undefined until a draw asks for one. */
  let current: Promise<EngineProcess> | undefined;
  let live: EngineProcess | undefined;
  let warmed: readonly Size[] = [];
  let closing: Promise<void> | undefined;
  const stayAlive = keepAlive();

  async function start(): Promise<EngineProcess> {
    if (closing) throw closedError();
    const began = performance.now();
    const child = forkEngine({
      opening,
      env: engineEnvironment(env),
      onEnd({ code, signal, output }, closed) {
        processes.delete(child);
        if (live === child) current = live = undefined;
        if (closed) return;
        onEvent?.({ type: 'died', code, signal, output });
        // Only one that had drawn: a model or machine that kills every child is tried again when somebody draws.
        if (child.drawn > 0 && !current) begin(start());
      },
    });
    processes.add(child);
    try {
      await child.opened;
    } catch (error) {
      await child.close();
      throw error;
    }
    live = child;
    onEvent?.({ type: 'opened', pid: child.pid ?? 0, milliseconds: performance.now() - began });
    return child;
  }

  function begin(next: Promise<EngineProcess>): Promise<EngineProcess> {
    current = next;
    next.then(
      (child) => {
        // What goes wrong here goes wrong again, and is told, when somebody draws at that size.
        if (warmed.length > 0) child.warm(warmed).catch(() => {});
      },
      () => {
        if (current === next) current = undefined;
      },
    );
    return next;
  }

  function ready(): Promise<EngineProcess> {
    if (closing) return Promise.reject(closedError());
    return current ?? begin(start());
  }

  function checkMemory(child: EngineProcess): void {
    const { first, latest } = child.memory;
    if (child !== live || closing || latest <= ceiling) return;
    if (first > ceiling) {
      if (child.drawn === 1) onEvent?.({ type: 'ceiling-too-low', memoryMb: latest / bytesPerMb });
      return;
    }
    live = undefined;
    onEvent?.({ type: 'recycled', memoryMb: latest / bytesPerMb });
    begin(
      child
        .idle()
        .then(() => child.close())
        .then(start),
    );
  }

  async function draw(request: DrawRequest, options: DrawOptions = {}): Promise<Picture> {
    for (let attempt = 1; ; attempt += 1) {
      const child = await unlessAborted(ready(), options.signal);
      let begun = false;
      const onBegan = () => {
        begun = true;
      };
      try {
        return await child.draw(request, { ...options, onBegan });
      } catch (error) {
        // One more chance for a draw that the child never took up: the death is another's doing.
        if (begun || attempt > 1 || !isDeath(error)) throw error;
      } finally {
        checkMemory(child);
      }
    }
  }

  async function close(): Promise<void> {
    await Promise.all([...processes].map((child) => child.close()));
  }

  await stayAlive(begin(start()));
  return {
    draw: (request, options) => stayAlive(draw(request, options)),
    describe: () => stayAlive(ready().then((child) => child.opened)),
    warm(sizes) {
      warmed = sizes;
      return stayAlive(ready().then((child) => child.warm(sizes)));
    },
    close: () => (closing ??= stayAlive(close())),
    get pid() {
      return live?.pid;
    },
  };
}

/** Holds this process open while somebody waits; the engine's own handles never do. */
function keepAlive(): <Value>(work: Promise<Value>) => Promise<Value> {
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  return async (work) => {
    if (waiting++ === 0) timer = setInterval(() => {}, 2 ** 30);
    try {
      return await work;
    } finally {
      if (--waiting === 0) clearInterval(timer);
    }
  };
}

function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new UserError('cancelled', 'Cancelled before the first step'));
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}

function isDeath(error: unknown): boolean {
  return error instanceof UserError && (error.code === 'engine-died' || error.code === 'engine-hung');
}
