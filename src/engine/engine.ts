import { type ErrorCode, UserError } from '../errors.js';
import type { DrawRequest, Picture } from '../job.js';
import type { ModelFacts, PipelineOptions, WarmUp } from './drawing.js';
import { engineEnvironment } from './environment.js';
import { type DrawOptions, type Forked, forkEngine } from './fork.js';
import { createKeeper, type EngineEvent, type KeeperOptions } from './keeper.js';

export interface EngineOptions extends Omit<PipelineOptions, 'onRun'> {
  /** The environment to take `PATH`, GPU choices and the like from; what else is in it stays here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Private memory after a draw, above which the process is replaced once its draws are done. No limit when left out. */
  readonly memoryCeilingMb?: number;
  /** Longest that one run of a network may take, in seconds; more for loads and the first run of a shape. Default 120. */
  readonly hangSeconds?: number;
  /** URL of a module exporting `openPipeline`, for tests; the engine's own when left out. */
  readonly pipeline?: string;
  /** From `forkAhead` with the same environment: the first process, whose code is loaded by now. */
  readonly forked?: Forked;
  onEvent?(event: EngineEvent): void;
}

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
  /** What the model is; after `warm` with what was measured. */
  describe(): Promise<ModelFacts>;
  /** Runs the networks once for each size, now and in every process that follows this one. */
  warm(sizes: readonly WarmUp[]): Promise<void>;
  /** Ends the process and frees all it held; draws under way reject with `engine-closed`. Resolves when it is gone. */
  close(): Promise<void>;
  /** The process's id; undefined while there is none. */
  readonly pid: number | undefined;
  /** Bytes of private memory of the process, as it last told; 0 while there is none. */
  readonly memory: number;
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
  const { env, memoryCeilingMb, hangSeconds = defaultHangSeconds, onEvent, forked, ...rest } = options;
  const opening = { ...rest, hangSeconds };
  const ceiling = (memoryCeilingMb ?? Number.POSITIVE_INFINITY) * bytesPerMb;
  let ahead = forked;
  const fork: KeeperOptions['fork'] = (onEnd) => {
    const first = ahead;
    ahead = undefined;
    return forkEngine({ opening, env: engineEnvironment(env), forked: first, onEnd });
  };
  const keeper = createKeeper({ fork, ceiling, onEvent });
  const stayAlive = keepAlive();

  async function draw(request: DrawRequest, options: DrawOptions = {}): Promise<Picture> {
    for (let attempt = 1; ; attempt += 1) {
      const child = await unlessAborted(keeper.ready(), options.signal);
      let begun = false;
      const onBegan = () => {
        begun = true;
      };
      try {
        return await child.draw(request, { ...options, onBegan });
      } catch (error) {
        // One more chance for a draw that the process never took up: its end is not this draw's doing.
        if (begun || attempt > 1 || !processGone(error)) throw error;
      } finally {
        keeper.drew(child);
      }
    }
  }

  async function warm(sizes: readonly WarmUp[]): Promise<void> {
    await keeper.warm(await keeper.ready(), sizes);
  }

  await stayAlive(keeper.ready());
  return {
    draw: (request, options) => stayAlive(draw(request, options)),
    describe: () => stayAlive(keeper.ready().then((child) => child.describe())),
    warm: (sizes) => stayAlive(warm(sizes)),
    close: () => stayAlive(keeper.close()),
    get pid() {
      return keeper.pid;
    },
    get memory() {
      return keeper.memory;
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

function processGone(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ['engine-died', 'engine-hung', 'engine-closed'];
  return error instanceof UserError && codes.includes(error.code);
}
