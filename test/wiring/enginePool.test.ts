import { setTimeout as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { createEnginePool } from '../../src/wiring/enginePool.js';

/** A pool of engines that only take memory: `sizes` by model, in bytes. */
function poolOf(
  sizes: Record<string, number>,
  { budget = 100, most = 9, loading = 0, grown = {} as Record<string, number> } = {},
) {
  const log: string[] = [];
  let taken = 0;
  let peak = 0;
  const pool = createEnginePool({
    ...{ budget, most, keep: 'default' },
    expected: (model) => sizes[model]!,
    onCloseError: (error) => log.push(String(error)),
    async open(model) {
      taken += sizes[model]!;
      peak = Math.max(peak, taken);
      log.push(`+${model}`);
      await later(loading);
      if (model === 'broken') {
        taken -= sizes[model]!;
        throw new Error('broken');
      }
      return {
        memory: grown[model] ?? sizes[model],
        async close() {
          taken -= sizes[model]!;
          log.push(`-${model}`);
        },
      } as Partial<Engine> as Engine;
    },
  });
  const draw = (model: string, milliseconds = 0) => pool.using(model, () => later(milliseconds, model));
  return { pool, log, draw, peak: () => peak };
}

test('what memory does not hold together takes turns, the one used longest ago gives way', async () => {
  const { draw, log, peak } = poolOf({ default: 20, one: 40, two: 40, three: 40 });
  for (const model of ['default', 'one', 'two', 'one', 'three', 'one']) await draw(model);
  expect(log).toEqual(['+default', '+one', '+two', '-two', '+three']);
  expect(peak()).toBe(100);
});

test('the default model gives way to memory, and to nothing else', async () => {
  const few = poolOf({ default: 20, one: 20, two: 20 }, { most: 2 });
  for (const model of ['default', 'one', 'two']) await few.draw(model);
  expect(few.log).toEqual(['+default', '+one', '-one', '+two']);
  const large = poolOf({ default: 60, one: 60 });
  for (const model of ['default', 'one', 'default']) await large.draw(model);
  expect(large.log).toEqual(['+default', '-default', '+one', '-one', '+default']);
});

test('an engine in use is waited for where there is no room beside it, and whoever comes meanwhile comes after', async () => {
  const { draw, log, peak } = poolOf({ default: 60, one: 60 });
  const ends: string[] = [];
  const first = draw('default', 60).then(() => ends.push('default'));
  await later(10);
  const second = draw('one', 10).then(() => ends.push('one'));
  await later(10);
  const third = draw('default').then(() => ends.push('default again'));
  await Promise.all([first, second, third]);
  expect(ends).toEqual(['default', 'one', 'default again']);
  expect(log).toEqual(['+default', '-default', '+one', '-one', '+default']);
  expect(peak()).toBe(60);
});

test('loading one does not stop another from being drawn with', async () => {
  const { draw, pool } = poolOf({ default: 20, one: 20 }, { loading: 100 });
  await draw('default');
  const slow = draw('one');
  expect(pool.ready('one')).toBe(false);
  let drawn = 0;
  while (!pool.loaded('one')) {
    await draw('default', 5);
    drawn += 1;
  }
  expect(drawn).toBeGreaterThan(3);
  await slow;
});

test('one that is wanted is loaded only where that takes nothing from who draws', async () => {
  const { pool, log, draw } = poolOf({ default: 30, one: 40, two: 40, three: 80 });
  await draw('default');
  await draw('one');
  const drawing = draw('default', 30);
  pool.want('three');
  expect(pool.loaded('three')).toBe(false);
  pool.want('two');
  await drawing;
  expect(log).toEqual(['+default', '+one', '-one', '+two']);
  pool.want('one');
  pool.want('default');
  await later(1);
  expect(log).toEqual(['+default', '+one', '-one', '+two', '-two', '+one']);
});

test('one that turns out to take too much beside the default leaves after its use, and has the memory to itself the next time', async () => {
  const { draw, log } = poolOf({ default: 20, one: 20 }, { grown: { one: 90 } });
  for (const model of ['default', 'one', 'one', 'default']) await draw(model);
  await later(1);
  expect(log).toEqual(['+default', '+one', '-one', '-default', '+one', '-one', '+default']);
});

test('one that cannot be opened is tried again, and is in nobody’s way', async () => {
  const { draw, log } = poolOf({ default: 60, broken: 60 });
  await expect(draw('broken')).rejects.toThrow('broken');
  await expect(draw('broken')).rejects.toThrow('broken');
  expect(await draw('default')).toBe('default');
  expect(log).toEqual(['+broken', '+broken', '+default']);
});

test('once closed, nothing is opened, and whoever waits is told', async () => {
  const { pool, draw, log } = poolOf({ default: 60, one: 60 });
  const drawing = draw('default', 30);
  const waiting = draw('one');
  await later(5);
  await pool.close();
  await expect(waiting).rejects.toThrow('Cannot draw: the engine was closed');
  await drawing;
  expect(log.filter((line) => line.startsWith('+'))).toEqual(['+default']);
});

test('under load from both sides all is drawn, within the budget, and neither waits for the other’s end', async () => {
  const { draw, log, peak } = poolOf({ default: 60, one: 60 });
  const ends: string[] = [];
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      await later(i * 2);
      ends.push(await draw(i % 2 ? 'one' : 'default', 3));
    }),
  );
  expect(ends.length).toBe(40);
  expect(peak()).toBe(60);
  expect(ends.slice(0, 30)).toContain('one');
  expect(ends.slice(10)).toContain('default');
  expect(log.length).toBeGreaterThan(2);
});
