import type { Engine } from '../engine/engine.js';
import { UserError } from '../errors.js';

/** The engines that are open, by model: as many as may be and as memory holds. */
export interface EnginePool {
  /**
   * Does `work` with a model's engine, which is opened when it is not. Where memory does not hold it beside the others,
   * those used longest ago are closed first, as soon as nobody draws with them.
   *
   * @throws UserError `engine-closed`, and what opening or `work` throws
   */
  using<Value>(model: string, work: (engine: Engine) => Promise<Value>): Promise<Value>;
  /** Whether a model is loaded and stays so. */
  ready(model: string): boolean;
  /** Whether a model has been loaded and is not closed yet. */
  loaded(model: string): boolean;
  /** Loads a model if that takes nothing from whoever draws. */
  want(model: string): void;
  close(): Promise<void>;
}

export interface EnginePoolOptions {
  open(model: string): Promise<Engine>;
  /** Bytes of a model's weights: it counts for that, or for the memory it was seen to take, whichever is more. */
  expected(model: string): number;
  /** Bytes for all engines together. */
  readonly budget: number;
  /** Engines that stay open when nobody draws. */
  readonly most: number;
  /** The default model, which gives way to memory alone. */
  readonly keep: string;
  onCloseError(error: unknown): void;
}

interface Held {
  readonly engine: Promise<Engine>;
  users: number;
  loaded: boolean;
  /** Set once it is to be closed; resolves when it is. */
  leaving?: Promise<void>;
  /** Whoever waits for its last user to go. */
  idle?: () => void;
}

/** @example await pool.using('sprite', (engine) => engine.draw({ prompt: 'a dog' })); */
export function createEnginePool(options: EnginePoolOptions): EnginePool {
  const { budget, most, keep } = options;
  // In the order of their last use.
  const open = new Map<string, Held>();
  const observed = new Map<string, number>();
  let admission: Promise<void> = Promise.resolve();
  let closed = false;

  // Mapped weights are no private memory, but draw fast only while they are in memory too.
  const need = (model: string) => Math.max(options.expected(model), observed.get(model) ?? 0);
  const taken = (models: Iterable<string>) => [...models].reduce((sum, model) => sum + need(model), 0);
  const staying = () => [...open].filter(([, { leaving }]) => !leaving);

  async function enter(model: string): Promise<Held> {
    for (;;) {
      if (closed) throw new UserError('engine-closed', 'Cannot draw: the engine was closed');
      const held = open.get(model);
      if (!held) await admit(model);
      else if (held.leaving) await held.leaving;
      else {
        open.delete(model);
        open.set(model, held);
        held.users += 1;
        return held;
      }
    }
  }

  /** One after the other, so that two that come together do not count on the same room. */
  function admit(model: string): Promise<void> {
    const admitted = admission.then(async () => {
      if (closed || open.has(model)) return;
      await makeRoom(model);
      if (!closed) start(model);
    });
    admission = admitted.catch(() => {});
    return admitted;
  }

  async function makeRoom(model: string): Promise<void> {
    for (;;) {
      // Those that are leaving have their memory until they are gone.
      await Promise.all([...open.values()].map(({ leaving }) => leaving));
      const others = staying();
      const tight = taken(open.keys()) + need(model) > budget;
      if (others.length === 0 || (!tight && others.length < most)) return;
      const victim = victimOf(others, tight);
      if (!victim) return;
      await leave(...victim);
    }
  }

  /** Idle before busy, others before the default, and among those the one used longest ago. */
  function victimOf(others: readonly [string, Held][], tight: boolean): [string, Held] | undefined {
    const idle = ([, { users }]: [string, Held]) => users === 0;
    const spare = others.filter(([model]) => model !== keep);
    if (!tight) return spare.find(idle);
    return spare.find(idle) ?? others.find(idle) ?? spare[0] ?? others[0];
  }

  function start(model: string): void {
    const held: Held = { engine: options.open(model), users: 0, loaded: false };
    open.set(model, held);
    held.engine.then(
      () => {
        held.loaded = true;
      },
      () => {
        if (open.get(model) === held) open.delete(model);
      },
    );
  }

  function leave(model: string, held: Held): Promise<void> {
    held.leaving ??= (async () => {
      if (held.users > 0) {
        await new Promise<void>((resolve) => {
          held.idle = resolve;
        });
      }
      await (await held.engine.catch(() => undefined))?.close();
      if (open.get(model) === held) open.delete(model);
    })();
    return held.leaving;
  }

  /** What turns out to be too many, or too much together, goes once nobody draws with it. */
  async function trim(): Promise<void> {
    for (;;) {
      const others = staying();
      const tight = others.length > 1 && taken(others.map(([model]) => model)) > budget;
      const idle = others.filter(([, { users }]) => users === 0);
      const spare = idle.find(([model]) => model !== keep) ?? (tight ? idle[0] : undefined);
      if (!spare || (!tight && others.length <= most)) return;
      await leave(...spare);
    }
  }

  return {
    async using(model, work) {
      const held = await enter(model);
      try {
        const engine = await held.engine;
        const result = await work(engine);
        if (engine.memory > (observed.get(model) ?? 0)) observed.set(model, engine.memory);
        return result;
      } finally {
        held.users -= 1;
        if (held.users === 0) held.idle?.();
        trim().catch(options.onCloseError);
      }
    },

    ready(model) {
      const held = open.get(model);
      return held?.loaded === true && !held.leaving;
    },

    loaded: (model) => open.get(model)?.loaded ?? false,

    want(model) {
      if (closed || open.has(model)) return;
      const busy = staying().filter(([name, { users }]) => users > 0 || name === keep);
      const fits = busy.length < most && taken(busy.map(([name]) => name)) + need(model) <= budget;
      // Whoever then draws with it is told what keeps it from loading.
      if (fits) admit(model).catch(() => {});
    },

    async close() {
      closed = true;
      await Promise.allSettled([...open.values()].map(async ({ engine }) => (await engine).close()));
    },
  };
}
