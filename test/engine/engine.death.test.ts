import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { alive, openStandIn, until } from './stand-in.js';

const fresh = 'the next draw starts a fresh one';

describe('an engine process that dies in mid-draw', () => {
  it.each([
    ['crash', `Cannot finish drawing: the engine crashed (SIGABRT); ${fresh}`],
    ['leave', `Cannot finish drawing: the engine ended by itself with exit code 7; ${fresh}`],
  ])('fails the draw clearly and draws the next one (%s)', async (prompt, message) => {
    const { engine, events } = await openStandIn();
    const first = engine.pid;
    await expect(engine.draw({ prompt })).rejects.toMatchObject({
      name: 'UserError',
      code: 'engine-died',
      message,
    });
    await expect(engine.draw({ prompt: 'p', seed: 3 })).resolves.toMatchObject({ seed: 3 });
    expect(engine.pid).not.toBe(first);
    expect(events.map(({ type }) => type)).toEqual(['opened', 'died', 'opened']);
  });

  it('ends itself where its GPU has failed, which no later call of it would survive', async () => {
    const { engine, events } = await openStandIn();
    const first = engine.pid;
    await expect(engine.draw({ prompt: 'lose' })).rejects.toMatchObject({
      code: 'engine-died',
      message: 'Cannot finish drawing: the GPU failed (a joke); the next draw starts a fresh engine',
    });
    await expect(engine.draw({ prompt: 'p', seed: 3 })).resolves.toMatchObject({ seed: 3 });
    expect(engine.pid).not.toBe(first);
    expect(events.map(({ type }) => type)).toEqual(['opened', 'died', 'opened']);
  });

  it('does not die of its warm-up for ever', async () => {
    const { engine, events } = await openStandIn();
    const warming = engine.warm([{ width: 666, height: 4, quality: 'exact' }]);
    await expect(warming).rejects.toMatchObject({ code: 'engine-died' });
    // The next one dies of it too, as the first may have died of anything; the third is spared it.
    await expect(engine.draw({ prompt: 'p', seed: 3 })).resolves.toMatchObject({ seed: 3 });
    expect(events.map(({ type }) => type)).toEqual(['opened', 'died', 'opened', 'died', 'opened']);
  });

  it('survives kill -9, also of a process that is blocked', async () => {
    const { engine, events } = await openStandIn();
    const draws = [engine.draw({ prompt: 'p', steps: 1000 }), engine.draw({ prompt: 'block' })];
    const failed = Promise.allSettled(draws);
    await sleep(200);
    process.kill(engine.pid!, 'SIGKILL');
    for (const result of await failed) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'engine-died' } });
      expect(String((result as PromiseRejectedResult).reason)).toMatch('killed (SIGKILL)');
    }
    await expect(engine.draw({ prompt: 'p' })).resolves.toMatchObject({ prompt: 'p' });
    expect(events[1]).toMatchObject({ type: 'died', code: null, signal: 'SIGKILL' });
  });

  it('is replaced at once when it had drawn, and with the next draw when it had not', async () => {
    const { engine, events } = await openStandIn();
    process.kill(engine.pid!, 'SIGKILL');
    await until(() => events.length === 2);
    await sleep(300);
    expect(events.map(({ type }) => type)).toEqual(['opened', 'died']);
    await engine.draw({ prompt: 'p' });
    process.kill(engine.pid!, 'SIGKILL');
    await until(() => events.length === 5);
    expect(events.map(({ type }) => type)).toEqual(['opened', 'died', 'opened', 'died', 'opened']);
    expect(alive(engine.pid!)).toBe(true);
  });

  it('loses no draw that it had not taken up', async () => {
    const { engine } = await openStandIn();
    const blocked = engine.draw({ prompt: 'block' });
    const failed = expect(blocked).rejects.toMatchObject({ code: 'engine-died' });
    await sleep(200);
    const waiting = engine.draw({ prompt: 'p', seed: 4 });
    await sleep(50);
    process.kill(engine.pid!, 'SIGKILL');
    await failed;
    await expect(waiting).resolves.toMatchObject({ seed: 4 });
  });

  it('draws though it was killed a moment before', async () => {
    const { engine } = await openStandIn();
    process.kill(engine.pid!, 'SIGKILL');
    await expect(engine.draw({ prompt: 'p' })).resolves.toMatchObject({ prompt: 'p' });
  });
});

describe('a run that hangs', () => {
  it('is ended by the watchdog, and the next draw works', async () => {
    const { engine } = await openStandIn({ hangSeconds: 0.5 });
    const began = performance.now();
    await expect(engine.draw({ prompt: 'hang' })).rejects.toMatchObject({
      code: 'engine-hung',
      message: `Cannot finish drawing: the engine was ended because one run took over 0.5 s; ${fresh}`,
    });
    expect(performance.now() - began).toBeLessThan(3000);
    await expect(engine.draw({ prompt: 'p' })).resolves.toMatchObject({ prompt: 'p' });
  });

  it('is ended while opening too', async () => {
    const opening = openStandIn({ model: 'hangs', hangSeconds: 0.05 });
    await expect(opening).rejects.toMatchObject({
      code: 'engine-hung',
      message: 'Cannot open the engine: it was ended because one run took over 0.05 s',
    });
  });

  it('is not what many short runs in a row are', async () => {
    const { engine, events } = await openStandIn({ model: 'slow', hangSeconds: 0.4 });
    await engine.draw({ prompt: 'p', steps: 60 }); // 1.2 s
    expect(events.map(({ type }) => type)).toEqual(['opened']);
  });
});

describe('a process that dies while it opens', () => {
  it.each([
    [
      'leaves',
      'engine-died',
      /^Cannot open the engine: it ended by itself with exit code 9: Error: no such thing/,
    ],
    ['crashes', 'engine-died', /^Cannot open the engine: it crashed \(SIGABRT\)/],
    ['bad', 'bad-model', /^Cannot open the model: found nothing, want a folder$/],
  ])('gives one clear error and is not tried again (%s)', async (model, code, message) => {
    const types: string[] = [];
    const opening = openStandIn({ model, onEvent: ({ type }) => types.push(type) });
    await expect(opening).rejects.toMatchObject({ name: 'UserError', code });
    await expect(opening).rejects.toThrow(message);
    await sleep(300);
    expect(types).toEqual(code === 'engine-died' ? ['died'] : []);
  });

  it('says which module it cannot load', async () => {
    const opening = openStandIn({ pipeline: 'file:///no/such/pipeline.mjs' });
    await expect(opening).rejects.toThrow(/^The engine failed: Cannot find module.*pipeline\.mjs/);
  });
});

describe('the memory ceiling', () => {
  it('replaces a process that outgrew it once its draws are done, and loses none', async () => {
    const { engine, events } = await openStandIn({ model: 'slow', memoryCeilingMb: 200 });
    const first = engine.pid;
    await engine.draw({ prompt: 'p' });
    const long = engine.draw({ prompt: 'long', steps: 40 });
    await engine.draw({ prompt: 'leak' }); // 256 MB
    expect(events.map(({ type }) => type)).toEqual(['opened', 'recycled']);
    const next = engine.draw({ prompt: 'next' });
    await expect(long).resolves.toMatchObject({ steps: 40 });
    expect(events).toHaveLength(2);
    await expect(next).resolves.toMatchObject({ prompt: 'next' });
    expect(events.map(({ type }) => type)).toEqual(['opened', 'recycled', 'opened']);
    expect(alive(first!)).toBe(false);
  });

  it('is said to be too low when the first picture is above it, and then ignored', async () => {
    const { engine, events } = await openStandIn({ memoryCeilingMb: 5 });
    for (let i = 0; i < 3; i += 1) await engine.draw({ prompt: 'p' });
    expect(events.map(({ type }) => type)).toEqual(['opened', 'ceiling-too-low']);
  });
});

describe('kills among many draws', () => {
  it('leaves each draw right, or failed clearly, and none forgotten', async () => {
    const { engine, events } = await openStandIn({ memoryCeilingMb: 200 });
    const requests = Array.from({ length: 120 }, (_, seed) => seed).values();
    const outcomes = { drawn: 0, cancelled: 0, 'engine-died': 0 };
    let kills = 0;
    async function person() {
      for (const seed of requests) {
        const cancel = new AbortController();
        if (seed % 11 === 0) setTimeout(() => cancel.abort(), seed % 40);
        const request = { prompt: seed === 70 ? 'leak' : 'p', seed, steps: 1 + (seed % 30) };
        try {
          const { pixels } = await engine.draw(request, { signal: cancel.signal });
          expect(pixels.data).toEqual(new Uint8Array(48).fill(seed));
          outcomes.drawn += 1;
        } catch (error) {
          const { code } = error as { code: keyof typeof outcomes };
          expect(Object.keys(outcomes)).toContain(code);
          outcomes[code] += 1;
        }
        if (seed % 20 === 19 && engine.pid) {
          process.kill(engine.pid, 'SIGKILL');
          kills += 1;
        }
      }
    }
    const people = 8;
    await Promise.all(Array.from({ length: people }, person));
    expect(outcomes['engine-died']).toBeLessThanOrEqual(kills * people);
    expect(outcomes.cancelled).toBeLessThanOrEqual(11);
    expect(outcomes.drawn + outcomes.cancelled + outcomes['engine-died']).toBe(120);
    expect(kills).toBeGreaterThan(2);
    expect(events.filter(({ type }) => type === 'recycled').length).toBeLessThanOrEqual(1);
  });
});
