import { describe, expect, it, vi } from 'vitest';
import { type BatcherOptions, createBatcher, type Rows } from '../../src/engine/batcher.js';
import { UserError } from '../../src/errors.js';

interface Call {
  shape: string;
  /** The `id` input of each row. */
  ids: number[];
  dims: Record<string, number[]>;
}

/** A run that adds 1 to each row's `sample` and writes down what it was given. */
function standIn(width: BatcherOptions['width'], fails: (call: Call) => boolean = () => false) {
  const calls: Call[] = [];
  let running = 0;
  const batcher = createBatcher({
    width,
    async run(shape, count, inputs) {
      if ((running += 1) > 1) throw new Error('Two runs at a time');
      const dims = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims]));
      const call = { shape, ids: [...inputs.id!.data], dims };
      calls.push(call);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (call.ids.length !== count) throw new Error(`${call.ids.length} ids in a call of ${count} rows`);
      if (fails(call)) throw new Error(`Run ${calls.length} failed`);
      return inputs.sample!.data.map((value) => value + 1);
    },
  });
  return { batcher, calls };
}

function rows(id: number, sample: Float32Array, shape = 'A', count = 1): Rows {
  const rowDims = [sample.length / count];
  const ids = new Float32Array(count).fill(id);
  return { shape, count, inputs: { sample: { data: sample, rowDims }, id: { data: ids, rowDims: [] } } };
}

type StandIn = ReturnType<typeof standIn>['batcher'];

/** A job of `steps` steps; its sample starts at `1000 · id`, one more in the second row of a guided job. */
async function job(
  batcher: StandIn,
  id: number,
  steps: number,
  { shape = 'A', count = 1, size = 3, more = {} as Pick<Rows, 'place' | 'left' | 'alone'> } = {},
) {
  let sample: Float32Array = Float32Array.from(
    { length: count * size },
    (_, i) => 1000 * id + Math.floor(i / size),
  );
  for (let step = 0; step < steps; step += 1) {
    sample = await batcher.denoise({ ...rows(id, sample, shape, count), ...more });
  }
  return [...sample];
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('createBatcher', () => {
  it('gives a job alone its own arrays, unmixed', async () => {
    const { batcher, calls } = standIn(4);
    expect(await job(batcher, 1, 2, { count: 2, size: 2 })).toEqual([1002, 1002, 1003, 1003]);
    expect(calls.map(({ ids }) => ids)).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(calls[0]!.dims).toEqual({ sample: [2, 2], id: [2] });
  });

  it('puts jobs of one shape into one call and hands each its own rows', async () => {
    const { batcher, calls } = standIn(4);
    const results = await Promise.all([
      job(batcher, 1, 3),
      job(batcher, 2, 3, { count: 2 }),
      job(batcher, 3, 3),
    ]);
    expect(results).toEqual([
      [1003, 1003, 1003],
      [2003, 2003, 2003, 2004, 2004, 2004],
      [3003, 3003, 3003],
    ]);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['1,2,2,3', '1,2,2,3', '1,2,2,3']);
    expect(batcher.stats).toEqual({ rows: 12, calls: [0, 0, 0, 3], waiting: 0 });
  });

  it('tells each job how many shared its call, and nothing of a call that failed', async () => {
    const { batcher } = standIn(3, ({ ids }) => ids.includes(4));
    const told: string[] = [];
    const asked = [1, 2, 3, 4].map((id) =>
      batcher.denoise(rows(id, new Float32Array(3)), undefined, (jobs) => told.push(`${id}: ${jobs}`)),
    );
    await Promise.allSettled(asked);
    expect(told).toEqual(['1: 3', '2: 3', '3: 3']);
  });

  it('lets a new job join at the next step and one with fewer steps leave', async () => {
    const { batcher, calls } = standIn(4);
    const long = job(batcher, 1, 5);
    while (calls.length < 2) await turn();
    const short = job(batcher, 2, 2);
    await Promise.all([long, short]);
    expect(calls.map(({ ids }) => ids.sort().join())).toEqual(['1', '1', '1,2', '1,2', '1']);
  });

  it('serves those who wait longest when more jobs wait than fit', async () => {
    const { batcher, calls } = standIn(2);
    await Promise.all([1, 2, 3].map((id) => job(batcher, id, 2)));
    expect(calls.map(({ ids }) => ids.join())).toEqual(['1,2', '3,1', '2,3']);
  });

  it('draws the job that began first to its end, and others of its shape with it as far as the width goes', async () => {
    const { batcher, calls } = standIn((shape) => (shape === 'A' ? 1 : 4));
    const shapes = ['A', 'B', 'A', 'B'];
    await Promise.all(shapes.map((shape, i) => job(batcher, i, 2, { shape, more: { place: i } })));
    expect(calls.map(({ shape, ids }) => `${shape}${ids}`)).toEqual(['A0', 'A0', 'B1,3', 'B1,3', 'A2', 'A2']);
  });

  it('goes by when jobs began, not by when they ask', async () => {
    const { batcher, calls } = standIn(1);
    await Promise.all([3, 1, 2].map((place) => job(batcher, place, 2, { more: { place } })));
    expect(calls.map(({ ids }) => ids.join())).toEqual(['1', '1', '2', '2', '3', '3']);
  });

  it('asks how many share, of those that wait: who they are, and how many are behind them', async () => {
    const told: string[] = [];
    const { batcher, calls } = standIn((shape, mates, behind) => {
      told.push(`${shape}: ${mates.map(({ count, left }) => `${count}×${left}`)}, ${behind} behind`);
      return mates.length - 1;
    });
    const more = (left: number) => ({ more: { left, place: left } });
    await Promise.all([
      job(batcher, 1, 1, { count: 2, ...more(1) }),
      job(batcher, 2, 1, { shape: 'B', ...more(5) }),
      ...[3, 4].map((id) => job(batcher, id, 1, more(id))),
    ]);
    expect(told).toEqual(['A: 2×1,1×3,1×4, 1 behind']);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['1,1,3', '4', '2']);
  });

  it('gives one that must be alone a call of its own', async () => {
    const { batcher, calls } = standIn(4);
    const alone = { more: { alone: true } };
    await Promise.all([
      job(batcher, 1, 1),
      job(batcher, 2, 1, alone),
      job(batcher, 3, 1, alone),
      job(batcher, 4, 1),
    ]);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['1,4', '2', '3']);
  });

  it('keeps jobs apart whose inputs do not fit together though they name one shape', async () => {
    const { batcher, calls } = standIn(4);
    await Promise.all([job(batcher, 1, 1, { size: 3 }), job(batcher, 2, 1, { size: 5 })]);
    expect(calls.map(({ dims }) => dims.sample)).toEqual([
      [1, 3],
      [1, 5],
    ]);
  });

  it('fails the jobs of a failed call, and no other', async () => {
    const { batcher, calls } = standIn(2, ({ ids }) => ids.includes(2));
    const results = await Promise.allSettled([1, 2, 3, 4].map((id) => job(batcher, id, 2)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
    expect(calls.map(({ ids }) => ids.join())).toEqual(['1,2', '3,4', '3,4']);
  });

  it.each([
    [
      'a result that does not divide into its rows',
      new Float32Array(3),
      /3 values, want a multiple of 2 rows/,
    ],
    ['no result', undefined as unknown as Float32Array, /undefined/],
  ])('fails a call with %s', async (_, result, message) => {
    const batcher = createBatcher({ width: 1, run: async () => result });
    await expect(batcher.denoise(rows(1, new Float32Array(4), 'A', 2))).rejects.toThrow(message);
  });

  it('refuses rows whose data is not what their dims say', async () => {
    const { batcher, calls } = standIn(2);
    const wrong = { ...rows(1, new Float32Array(4)), count: 2 };
    await expect(batcher.denoise(wrong)).rejects.toThrow('input id: 1 values, want 2×');
    expect(calls).toEqual([]);
  });

  it('takes cancelled rows out of the queue, and leaves those in a call to it', async () => {
    const { batcher, calls } = standIn(1);
    const cancels = [1, 2, 3].map(() => new AbortController());
    const draws = cancels.map(({ signal }, i) => batcher.denoise(rows(i, new Float32Array(1)), signal));
    const results = Promise.allSettled(draws);
    while (calls.length < 1) await turn();
    for (const cancel of cancels.slice(0, 2)) cancel.abort();
    expect(batcher.stats.waiting).toBe(1);
    const [inCall, waiting, other] = await results;
    expect(inCall?.status).toBe('fulfilled');
    expect(waiting).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
    expect(other?.status).toBe('fulfilled');
    expect(calls.map(({ ids }) => ids.join())).toEqual(['0', '2']);
  });

  it('rejects at once when the signal was aborted before, and runs nothing for it', async () => {
    const { batcher, calls } = standIn(1);
    const draw = batcher.denoise(rows(1, new Float32Array(1)), AbortSignal.abort());
    await expect(draw).rejects.toThrow(UserError);
    await turn();
    expect(calls).toEqual([]);
  });

  it('leaves no listeners on a signal that serves many steps', async () => {
    const { batcher } = standIn(1);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    for (let step = 0; step < 20; step += 1) await batcher.denoise(rows(1, new Float32Array(1)), signal);
    expect(added).toHaveBeenCalledTimes(20);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, f]) => f));
  });
});
