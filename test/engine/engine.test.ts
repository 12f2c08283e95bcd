import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/job.js';
import { alive, openStandIn, until } from './stand-in.js';

describe('openEngine', () => {
  it('draws in another process and gives the pixels as they were made', async () => {
    const { engine } = await openStandIn();
    const picture = await engine.draw({ prompt: 'a heart', seed: 7, steps: 2 });
    expect(picture).toMatchObject({
      prompt: 'a heart',
      seed: 7,
      steps: 2,
      width: 4,
      height: 4,
      device: 'cpu',
    });
    expect(picture.pixels.data).toEqual(new Uint8Array(48).fill(7));
    expect(engine.pid).not.toBe(process.pid);
    await expect(engine.describe()).resolves.toMatchObject({ model: 'stand-in', width: 4, multiple: 1 });
  });

  it('draws a hundred pictures at a time, each its own', async () => {
    const { engine } = await openStandIn();
    const requests = Array.from({ length: 100 }, (_, seed) => ({ prompt: 'p', seed, steps: 1 + (seed % 7) }));
    const pictures = await Promise.all(requests.map((request) => engine.draw(request)));
    pictures.forEach(({ pixels, steps }, seed) => {
      expect(steps).toBe(1 + (seed % 7));
      expect(pixels.data).toEqual(new Uint8Array(48).fill(seed));
    });
  });

  it('takes a picture to start from and gives one of many megabytes', async () => {
    const { engine } = await openStandIn();
    const init = { width: 1024, height: 1024, data: new Uint8Array(3 * 1024 * 1024).fill(3) };
    const { pixels } = await engine.draw({ prompt: 'large', seed: 9, width: 2048, height: 1024, init });
    expect(pixels.data).toHaveLength(3 * 2048 * 1024);
    expect(pixels.data.every((value) => value === 9)).toBe(true);
  });

  it('hands over a finished picture before the others go on, however large it is', async () => {
    const { engine } = await openStandIn({ model: 'slow' });
    let step = 0;
    const cancel = new AbortController();
    const onProgress = (progress: Progress) => {
      step = progress.step;
    };
    const long = engine.draw({ prompt: 'long', steps: 500 }, { signal: cancel.signal, onProgress });
    const cancelled = expect(long).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => step > 1);
    const before = step;
    await engine.draw({ prompt: 'large', width: 4096, height: 2048, steps: 1 });
    const arrived = step;
    await until(() => step > arrived);
    // 25 MB in pieces of a pipe's size, a few a run, are over 60 runs.
    expect(step - before).toBeLessThan(30);
    cancel.abort();
    await cancelled;
  });

  it('tells the first step, the last, and not more than ten a second', async () => {
    const { engine } = await openStandIn({ model: 'slow' });
    const told: Progress[] = [];
    const began = performance.now();
    await engine.draw({ prompt: 'p', steps: 30 }, { onProgress: (progress) => told.push(progress) });
    const seconds = (performance.now() - began) / 1000;
    expect(told.at(0)).toEqual({ step: 1, steps: 30 });
    expect(told.at(-1)).toEqual({ step: 30, steps: 30 });
    expect(told.length).toBeGreaterThan(3);
    expect(told.length).toBeLessThanOrEqual(2 + seconds * 10);
  });

  it('gives previews when asked for', async () => {
    const { engine } = await openStandIn();
    const told: Progress[] = [];
    await engine.draw(
      { prompt: 'p', seed: 5 },
      { preview: true, onProgress: (progress) => told.push(progress) },
    );
    expect(told[0]?.preview).toEqual({ width: 1, height: 1, data: new Uint8Array([5, 5, 5]) });
  });

  it('warms up at the sizes it is given, in each process that follows too', async () => {
    const { engine } = await openStandIn();
    const load = async (side: number) => {
      const { timings } = await engine.draw({ prompt: 'p', width: side, height: side });
      return timings.load;
    };
    await engine.warm([{ width: 8, height: 8 }]);
    expect([await load(8), await load(4)]).toEqual([0, 1]);
    // The stand-in has one slot before it is warm.
    expect((await engine.describe()).slots).toBe(4);
    await engine.draw({ prompt: 'leave' }).catch(() => {});
    expect([await load(8), await load(4)]).toEqual([0, 1]);
  });

  it('leaves the calling thread free while its own is blocked', async () => {
    const { engine } = await openStandIn({ model: 'slow' });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 2);
    await engine.draw({ prompt: 'p', steps: 20 }); // 20 runs of 20 ms
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(50);
  });
});

describe('a draw that goes wrong', () => {
  it('rejects with the engine’s own sentence and code', async () => {
    const { engine } = await openStandIn();
    const draw = engine.draw({ prompt: 'refuse' });
    await expect(draw).rejects.toMatchObject({
      name: 'UserError',
      code: 'bad-option',
      message: 'Cannot draw this: found a joke, want a prompt',
    });
  });

  it('keeps a defect’s stack and causes for the log', async () => {
    const { engine } = await openStandIn();
    const error = await engine.draw({ prompt: 'throw' }).catch((error) => error);
    expect(error.name).toBe('Error');
    expect(error.message).toBe('The engine failed: the tensor is upset');
    expect(error.cause.stack).toMatch(
      /the tensor is upset[\s\S]*engine-stand-in[\s\S]*Caused by: Error: its layer is too/,
    );
    expect((await engine.draw({ prompt: 'p' })).prompt).toBe('p');
  });

  it('fails only the draw whose request or progress callback is at fault', async () => {
    const { engine } = await openStandIn();
    const other = engine.draw({ prompt: 'p', steps: 20 });
    const odd = { prompt: 'p', init: () => 'a function cannot be cloned' } as never;
    await expect(engine.draw(odd)).rejects.toThrow(/could not be cloned/);
    const onProgress = () => {
      throw new Error('the caller’s mistake');
    };
    await expect(engine.draw({ prompt: 'p' }, { onProgress })).rejects.toThrow('the caller’s mistake');
    await expect(other).resolves.toMatchObject({ steps: 20 });
  });
});

describe('cancelling', () => {
  it('rejects at once, naming the step that was told last, and lets the others go on', async () => {
    const { engine } = await openStandIn({ model: 'slow' });
    const cancel = new AbortController();
    const other = engine.draw({ prompt: 'other', steps: 12 });
    const onProgress = ({ step }: Progress) => {
      if (step > 3) cancel.abort();
    };
    const draw = engine.draw({ prompt: 'p', steps: 500 }, { signal: cancel.signal, onProgress });
    await expect(draw).rejects.toMatchObject({ code: 'cancelled' });
    await expect(draw).rejects.toThrow(/^Cancelled at step \d+ of 500$/);
    await expect(other).resolves.toMatchObject({ steps: 12 });
  });

  it.each([
    ['before', true],
    ['right after', false],
  ])('works %s the draw is asked for', async (_, before) => {
    const { engine } = await openStandIn();
    const cancel = new AbortController();
    if (before) cancel.abort();
    const draw = engine.draw({ prompt: 'p', steps: 500 }, { signal: cancel.signal });
    if (!before) cancel.abort();
    await expect(draw).rejects.toMatchObject({
      code: 'cancelled',
      message: 'Cancelled before the first step',
    });
  });

  it('stops the work: the process is idle again soon', async () => {
    const { engine } = await openStandIn({ model: 'slow', memoryCeilingMb: 10_000 });
    const cancel = new AbortController();
    const draw = engine.draw(
      { prompt: 'p', steps: 1000 }, // 20 s of runs
      { signal: cancel.signal, onProgress: () => cancel.abort() },
    );
    await expect(draw).rejects.toMatchObject({ code: 'cancelled' });
    const began = performance.now();
    await engine.draw({ prompt: 'p', steps: 20 }); // 0.4 s alone, 0.8 s in turns with another shape
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('close', () => {
  it('ends the process, fails what is under way, and can be called again', async () => {
    const { engine, events } = await openStandIn({ model: 'slow' });
    const pid = engine.pid!;
    const draw = engine.draw({ prompt: 'p', steps: 1000 });
    const failed = expect(draw).rejects.toMatchObject({ code: 'engine-closed' });
    await Promise.all([engine.close(), engine.close()]);
    await failed;
    expect(alive(pid)).toBe(false);
    expect(engine.pid).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['opened']);
    await expect(engine.draw({ prompt: 'p' })).rejects.toMatchObject({ code: 'engine-closed' });
    await expect(engine.describe()).rejects.toMatchObject({ code: 'engine-closed' });
  });

  it('kills a process that is blocked', async () => {
    const { engine } = await openStandIn();
    const pid = engine.pid!;
    const failed = expect(engine.draw({ prompt: 'block' })).rejects.toMatchObject({ code: 'engine-closed' });
    await engine.close();
    await failed;
    expect(alive(pid)).toBe(false);
  });
});
