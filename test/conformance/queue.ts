import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Entry, Queue, QueueOptions } from '../../src/queue/queue.js';

type Make = (options: QueueOptions) => Queue | Promise<Queue>;

/** A worker whose jobs end when they are told to. */
function worker() {
  const started: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const signals = new Map<string, AbortSignal>();
  const frees = new Map<string, () => void>();
  return {
    started,
    signals,
    free: (id: string) => frees.get(id)!(),
    work: (id: string, signal: AbortSignal, free: () => void) =>
      new Promise<void>((resolve, reject) => {
        started.push(id);
        signals.set(id, signal);
        frees.set(id, free);
        ends.set(id, (error) => (error ? reject(error) : resolve()));
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
    async end(id: string, error?: Error) {
      await until(() => ends.has(id));
      ends.get(id)!(error);
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 500) throw new Error('Waited five seconds in vain');
    await later(10);
  }
}

/** The queue's contract, for every implementation. */
export function describeQueue(make: Make): void {
  const limits = { slots: 2, runningEach: 2, waitingEach: 50, waitingMost: 100 };

  async function open(changes: Partial<QueueOptions> = {}) {
    const hands = worker();
    const queue = await make({ ...limits, work: hands.work, ...changes });
    onTestFinished(async () => {
      const drained = queue.drain();
      for (const id of hands.started) await hands.end(id);
      await drained;
    });
    const add = (id: string, entry: Partial<Entry> = {}) =>
      queue.add({ ...{ id, person: id[0]!, urgency: 'normal', cost: 1000 }, ...entry });
    return { queue, add, ...hands };
  }

  test('a job that needs its slot no more lets the next one start, and is waited for all the same', async () => {
    const { queue, add, started, free, end } = await open({ slots: 1 });
    for (const id of ['a1', 'b1', 'c1']) add(id);
    await until(() => started.length === 1);
    free('a1');
    await until(() => started.length === 2);
    // Twice is no slot more.
    free('a1');
    await later(30);
    expect(started).toEqual(['a1', 'b1']);
    expect([queue.running, queue.waiting]).toEqual([2, 1]);
    expect(queue.standing('a1')).toEqual({ position: 0, eta: 0 });
    // Its end gives no slot back that it had given before.
    await end('a1');
    await later(30);
    expect(started).toEqual(['a1', 'b1']);
    expect([queue.running, queue.waiting]).toEqual([1, 1]);
    free('b1');
    await until(() => started.length === 3);
    let drained = false;
    const draining = queue.drain().then(() => {
      drained = true;
    });
    await end('c1');
    await later(30);
    expect(drained).toBe(false);
    await end('b1');
    await draining;
  });

  test('of those that need their slots no more a few are waited for, then they count again', async () => {
    const { add, started, free } = await open({ slots: 1 });
    const ids = ['a1', 'b1', 'c1', 'd1', 'e1', 'f1', 'g1'];
    for (const id of ids) add(id);
    for (const [index, id] of ids.slice(0, 4).entries()) {
      await until(() => started.length === index + 1);
      free(id);
    }
    await until(() => started.length === 5);
    free('e1');
    await later(30);
    expect(started).toEqual(ids.slice(0, 5));
  });

  test('one that needs its slot no more is cancelled like any other', async () => {
    const { queue, add, started, signals, free } = await open({ slots: 1 });
    for (const id of ['a1', 'b1']) add(id);
    await until(() => started.length === 1);
    free('a1');
    await until(() => started.length === 2);
    expect(queue.cancel('a1')).toBe(true);
    expect([signals.get('a1')!.aborted, signals.get('b1')!.aborted]).toEqual([true, false]);
  });

  test('as many run at once as there are slots, the rest wait in line', async () => {
    const { queue, add, started } = await open();
    for (const id of ['a1', 'b1', 'c1', 'd1']) add(id);
    await until(() => started.length === 2);
    expect([queue.running, queue.waiting]).toEqual([2, 2]);
    expect(queue.standing('a1')).toEqual({ position: 0, eta: 0 });
    expect(queue.standing('c1')?.position).toBe(1);
    expect(queue.standing('d1')?.position).toBe(2);
    expect(queue.standing('nobody')).toBeUndefined();
  });

  test('slots that become more or fewer count from the next start', async () => {
    let slots = 1;
    const { add, started, end } = await open({ slots: () => slots });
    for (const id of ['a1', 'b1', 'c1', 'd1']) add(id);
    await until(() => started.length === 1);
    slots = 2;
    await end('a1');
    await until(() => started.length === 3);
    slots = 1;
    await end('b1');
    await later(30);
    expect(started).toEqual(['a1', 'b1', 'c1']);
    await end('c1');
    await until(() => started.length === 4);
  });

  test('jobs of different models, which share nothing, run one after the other', async () => {
    const { add, started, end } = await open();
    add('a1', { model: 'sd' });
    add('b1', { model: 'xl' });
    await until(() => started.length === 1);
    add('c1', { model: 'xl' });
    await later(30);
    expect(started).toEqual(['a1']);
    await end('a1');
    await until(() => started.length === 3);
    expect(started).toEqual(['a1', 'b1', 'c1']);
  });

  test("one person's fifty do not keep another's one waiting", async () => {
    const { add, started, end } = await open({ slots: 1 });
    for (let index = 0; index < 50; index++) add(`a${index}`);
    await until(() => started.length === 1);
    add('b0');
    await end('a0');
    await until(() => started.length === 2);
    expect(started).toEqual(['a0', 'b0']);
  });

  test('no more of one person run at once than may, while a slot is free', async () => {
    const { add, started, end } = await open({ slots: 3, runningEach: 1 });
    add('a1');
    add('a2');
    add('b1');
    await until(() => started.length === 2);
    await later(30);
    expect(started).toEqual(['a1', 'b1']);
    await end('a1');
    await until(() => started.length === 3);
    expect(started[2]).toBe('a2');
  });

  test('the urgent start first: high before normal, whatever numbers a library counts in', async () => {
    const { add, started, end } = await open({ slots: 1 });
    add('a1');
    await until(() => started.length === 1);
    add('b1');
    add('c1', { urgency: 'high' });
    await end('a1');
    await until(() => started.length === 2);
    expect(started[1]).toBe('c1');
  });

  test('one that must be alone has the engine to itself, and all start again after it', async () => {
    const { queue, add, started, end } = await open();
    add('a1');
    await until(() => started.length === 1);
    add('b1', { alone: true });
    add('c1');
    add('d1');
    await later(30);
    expect(started).toEqual(['a1']);
    await end('a1');
    await until(() => started.length === 2);
    expect(started[1]).toBe('b1');
    expect(queue.running).toBe(1);
    await end('b1');
    await until(() => started.length === 4);
    expect(queue.running).toBe(2);
  });

  describe('limits', () => {
    test('of one person', async () => {
      const { queue, add, started } = await open({ slots: 1, waitingEach: 2 });
      for (const id of ['a1', 'a2', 'a3']) {
        add(id);
        await until(() => started.length === 1);
      }
      expect(() => add('a4')).toThrow('Cannot take this: 2 of yours are waiting, want at most 2 at a time');
      expect(() => queue.admit('a')).toThrow('2 of yours are waiting');
      expect(() => queue.admit('b')).not.toThrow();
    });

    test('what can start at once counts for none of them', async () => {
      const { queue, add, started } = await open({
        slots: 2,
        runningEach: 1,
        waitingEach: 1,
        waitingMost: 1,
      });
      expect(() => queue.admit('a', 2)).not.toThrow();
      expect(() => queue.admit('a', 3)).toThrow('want at most 1 at a time');
      add('a1');
      await until(() => started.length === 1);
      expect(() => queue.admit('a', 1)).not.toThrow();
      expect(() => queue.admit('a', 2)).toThrow('want at most 1 at a time');
    });

    test('of everybody, with how long it would take', async () => {
      const { add, started } = await open({ slots: 1, waitingMost: 2 });
      add('a1', { cost: 60_000 });
      await until(() => started.length === 1);
      add('b1', { cost: 300_000 });
      add('c1', { cost: 300_000 });
      expect(() => add('d1')).toThrow('Cannot take this: the line is full, about 11 min');
      expect(() => add('d1', { again: true })).not.toThrow();
    });
  });

  describe('cancelling', () => {
    test('takes what waits out of the line', async () => {
      const { queue, add, started, end } = await open({ slots: 1 });
      add('a1');
      add('b1');
      add('c1');
      await until(() => started.length === 1);
      expect(queue.cancel('b1')).toBe(true);
      await end('a1');
      await until(() => started.length === 2);
      expect(started).toEqual(['a1', 'c1']);
      expect(queue.cancel('b1')).toBe(false);
    });

    test('aborts what runs', async () => {
      const { queue, add, started, signals } = await open({ slots: 1 });
      add('a1');
      add('b1');
      await until(() => started.length === 1);
      expect(queue.cancel('a1')).toBe(true);
      expect(signals.get('a1')!.aborted).toBe(true);
      await until(() => started.length === 2);
    });
  });

  test('what is in the line already, or runs, is not put there twice', async () => {
    const { queue, add, started, end } = await open({ slots: 1 });
    for (const id of ['a1', 'a1', 'b1', 'b1']) add(id, { again: true });
    await until(() => started.length === 1);
    add('a1', { again: true });
    expect([queue.running, queue.waiting]).toEqual([1, 1]);
    await end('a1');
    await until(() => started.length === 2);
    expect(started).toEqual(['a1', 'b1']);
  });

  test('work that throws stops nothing', async () => {
    const { add, started, end } = await open({ slots: 1 });
    add('a1');
    add('b1');
    await end('a1', new Error('broken'));
    await until(() => started.length === 2);
  });

  test('the outlook of a newcomer is better than that of one who waits already', async () => {
    const { queue, add, started } = await open({ slots: 1 });
    add('a1', { cost: 10_000 });
    await until(() => started.length === 1);
    for (const id of ['a2', 'a3', 'a4']) add(id, { cost: 10_000 });
    expect(queue.outlook('b').position).toBe(2);
    expect(queue.outlook('a').position).toBe(4);
    expect(queue.outlook('a').eta).toBeGreaterThan(queue.outlook('b').eta);
  });

  test('the list tells what runs, then what waits in the order it starts', async () => {
    const { queue, add, started } = await open({ slots: 1 });
    for (const id of ['a1', 'a2', 'b1']) add(id);
    await until(() => started.length === 1);
    expect(queue.list().map(({ entry, running }) => `${entry.id}${running ? '!' : ''}`)).toEqual([
      'a1!',
      'b1',
      'a2',
    ]);
  });

  test('draining lets nothing more start, and waits for what runs', async () => {
    const { queue, add, started, end } = await open({ slots: 1 });
    add('a1');
    add('b1');
    await until(() => started.length === 1);
    let drained = false;
    const draining = queue.drain().then(() => {
      drained = true;
    });
    expect(() => add('c1')).toThrow('Kiln is stopping');
    await later(20);
    expect(drained).toBe(false);
    await end('a1');
    await draining;
    await later(20);
    expect(started).toEqual(['a1']);
    expect(queue.waiting).toBe(1);
  });
}
