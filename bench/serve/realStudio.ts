import { kilnUNet } from '../../src/bench/kilnUNet.js';
import { contextTokens } from '../../src/bench/unetFeeds.js';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { type Engine, openEngine } from '../../src/engine/engine.js';
import type { Ask } from './arrivals.js';
import type { Studio } from './studio.js';
import type { Times } from './times.js';

export interface RealOptions {
  readonly model: string;
  readonly cacheFolder: string;
  /** The first is warmed up, as Kiln does with the model's own. */
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
}

/** Kiln's engine as the bot has it, in a process of its own. */
export interface RealStudio extends Studio {
  readonly engine: Engine;
}

/**
 * @param warm whether it measures what sharing calls gains; else it shares as many as it guesses
 * @example const studio = await realStudio(options, true); await studio.draw(ask); await studio.engine.close();
 */
export async function realStudio(options: RealOptions, warm: boolean): Promise<RealStudio> {
  const { model, cacheFolder, sizes } = options;
  const engine = await openEngine({ model, device: 'cpu', cacheFolder, env: process.env });
  if (warm) await engine.warm([sizes[0]!]);
  const draw = async ({ id, shape, steps, rows }: Ask) => {
    const { mates } = await engine.draw({
      ...{ prompt: `a happy dog, number ${id}`, seed: Number(id), steps, ...sizes[shape]! },
      guidance: rows === 2 ? 3 : 1,
    });
    return mates;
  };
  // Every size is compiled and has run before anything counts.
  for (const shape of sizes.keys()) await draw({ id: '0', person: '', at: 0, shape, steps: 2, rows: 2 });
  return { slots: (await engine.describe()).slots, draw, engine };
}

const rowsTried = [1, 2, 4, 8, 16];
const rounds = 5;

/** What each size takes on this machine: the least of several rounds, in turns. */
export async function measureTimes(options: RealOptions): Promise<Times> {
  const { model, cacheFolder, sizes } = options;
  const checkpoint = await openCheckpoint(model, { cacheFolder });
  const tokens = contextTokens(checkpoint);
  const { signal } = new AbortController();
  const unet = kilnUNet({
    ...{ model, device: 'cpu', cacheFolder, threads: undefined, environment: process.env, signal },
  });
  const { engine } = await realStudio(options, false);
  try {
    const shapes: Times['shapes'] = [];
    for (const { width, height } of sizes) {
      const seconds = new Map<number, number>();
      for (let round = 0; round < rounds; round++) {
        for (const rows of rowsTried) {
          const time = await unet.call({ do: 'call', width, height, tokens, batch: rows });
          seconds.set(rows, Math.min(time, seconds.get(rows) ?? Number.POSITIVE_INFINITY));
        }
      }
      const least = { encode: Infinity, decode: Infinity, after: Infinity };
      for (let round = 0; round < rounds; round++) {
        const began = performance.now();
        const { timings } = await engine.draw({ prompt: `a cat, number ${round}`, steps: 2, width, height });
        const after = performance.now() - began - timings.encode - timings.denoise - timings.decode;
        for (const [part, time] of Object.entries({ ...timings, after })) {
          if (part in least)
            least[part as keyof typeof least] = Math.min(least[part as keyof typeof least], time);
        }
      }
      shapes.push({
        ...{ width, height, call: [...seconds].map(([rows, seconds]) => ({ rows, seconds })) },
        ...{
          encode: least.encode / 1000,
          decode: least.decode / 1000,
          after: Math.max(0, least.after / 1000),
        },
      });
    }
    return { model: checkpoint.name, device: 'cpu', shapes };
  } finally {
    await engine.close();
    await unet.close();
  }
}
