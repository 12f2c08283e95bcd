import { type Clock, sleep } from '../../src/clock.js';
import { createBatcher } from '../../src/engine/batcher.js';
import type { Network } from '../../src/engine/kept-sessions.js';
import { createUNetCalls } from '../../src/engine/unetCalls.js';
import type { Ask } from './arrivals.js';
import type { Studio } from './studio.js';
import { callSeconds, type ShapeTimes, type Times } from './times.js';

/** Of the latents, as far as it counts here: how large they are. */
const factor = 8;
const tokens = 77;

/**
 * Kiln's engine with a clock in place of a processor: what is measured at warm-up, who shares which call and who waits
 * is decided by the engine's own code; a network that runs is only a time that passes, one after another.
 *
 * @param together how many jobs always share calls when they are there at once, whatever that gains; as the engine
 * decides when left out
 * @example const studio = await time.run(simulatedStudio(times, time)); await time.run(studio.draw(ask));
 */
export async function simulatedStudio(times: Times, clock: Clock, together?: number): Promise<Studio> {
  const calls = createUNetCalls({ now: clock.now });
  const networks = times.shapes.map(networkOf);
  const names = times.shapes.map(({ width, height }, i) =>
    calls.name('', { width: width / factor, height: height / factor, tokens }, networks[i]!),
  );
  const batcher = createBatcher({
    width: together ?? 1,
    async run(name, count, { sample }) {
      const feeds = { sample: { ...sample!, dtype: 'float32', dims: [count] } } as const;
      return (await networks[names.indexOf(name)]!.run(feeds)).out_sample!.data as Float32Array;
    },
  });
  const { denoise } = together === undefined ? calls : batcher;
  let free: Promise<void> = Promise.resolve();

  function busy(seconds: number): Promise<void> {
    free = free.then(() => sleep(clock, seconds * 1000));
    return free;
  }

  function networkOf(shape: ShapeTimes): Network {
    return {
      open: async () => {},
      hold: () => () => {},
      async run({ sample }) {
        await busy(callSeconds(shape, sample!.dims[0]!));
        return { out_sample: sample! };
      },
    };
  }

  async function draw({ shape, steps, rows }: Pick<Ask, 'shape' | 'steps' | 'rows'>): Promise<number> {
    const place = calls.place();
    const { encode, decode, after } = times.shapes[shape]!;
    await busy(encode);
    const inputs = { sample: { data: new Float32Array(rows), rowDims: [] } };
    let mates = 0;
    for (let left = steps; left > 0; left--) {
      const part = { shape: names[shape]!, count: rows, inputs, place, left };
      await denoise(part, undefined, (jobs) => {
        mates = Math.max(mates, jobs - 1);
      });
    }
    await busy(decode);
    await sleep(clock, after * 1000);
    return mates;
  }

  if (together !== undefined) return { slots: together, draw };
  const slots = await calls.measure(async () => {
    await draw({ shape: 0, steps: 2, rows: 2 });
    return names[0]!;
  });
  return { slots, draw };
}
