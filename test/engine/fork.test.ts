import { once } from 'node:events';
import { expect, it } from 'vitest';
import { forkAhead } from '../../src/engine/fork.js';
import { alive, openStandIn, until } from './stand-in.js';

it('a process that was forked ahead is the engine’s first, and another follows when it dies', async () => {
  const forked = forkAhead({});
  const { engine, events } = await openStandIn({ forked });
  expect(engine.pid).toBe(forked.child.pid);
  expect((await engine.draw({ prompt: 'p', seed: 7 })).seed).toBe(7);
  await expect(engine.draw({ prompt: 'crash' })).rejects.toMatchObject({ code: 'engine-died' });
  await engine.draw({ prompt: 'p' });
  expect(engine.pid).not.toBe(forked.child.pid);
  expect(events.map(({ type }) => type)).toEqual(['opened', 'died', 'opened']);
});

it('a process that was forked ahead and died before anybody took it is told as one that died', async () => {
  const forked = forkAhead({});
  forked.child.kill('SIGKILL');
  await forked.ended;
  await expect(openStandIn({ forked })).rejects.toMatchObject({ code: 'engine-died' });
});

it('a process that nobody takes ends when it is let go', async () => {
  const { child } = forkAhead({});
  await once(child, 'message');
  child.disconnect();
  expect(await until(() => !alive(child.pid!))).toBeLessThan(2000);
});
