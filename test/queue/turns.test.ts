import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/queue/queue.js';
import { createTurns } from '../../src/queue/turns.js';

const entry = (id: string, changes: Partial<Entry> = {}): Entry => ({
  ...{ id, person: id[0]!, urgency: 'normal', cost: 1 },
  ...changes,
});
const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id).join(' ');

function turnsWith(names: string, runningEach = 9) {
  const turns = createTurns({ slots: () => 99, runningEach });
  for (const id of names.split(' ')) turns.add(entry(id));
  return turns;
}

describe('who is next', () => {
  test.each([
    ['a1 a2 a3 b1', 'a1 b1 a2 a3'],
    ['a1 b1 a2 b2 c1', 'a1 b1 c1 a2 b2'],
    ['a1', 'a1'],
  ])('%s start as %s', (asked, wanted) => {
    expect(ids(turnsWith(asked).order())).toBe(wanted);
  });

  test('after one was served, everybody else comes first', () => {
    const turns = turnsWith('a1 a2 a3');
    expect(turns.next()?.id).toBe('a1');
    turns.add(entry('b1'));
    expect(turns.next()?.id).toBe('b1');
    expect(turns.next()?.id).toBe('a2');
  });

  test('whoever asked first goes first, however long ago each was served', () => {
    const turns = turnsWith('a1');
    turns.next();
    turns.add(entry('b1'));
    turns.next();
    for (const id of ['a1', 'b1']) turns.done(id);
    for (const id of ['b2', 'a2', 'c1']) turns.add(entry(id));
    // Each asked for one while nobody waited: the newcomer has no right of way.
    expect(ids(turns.order())).toBe('b2 a2 c1');
  });

  test('the second of one person waits for the first of the others that came meanwhile, not of all that ever come', () => {
    const turns = turnsWith('a1 a2');
    turns.next();
    let started = 0;
    for (let others = 0; started < 100; others++) {
      // Each time somebody new, so that there is always a first.
      turns.add(entry(`n${others}`, { person: `new ${others}` }));
      turns.done(turns.running[0]!.id);
      started++;
      if (turns.next()?.id === 'a2') break;
    }
    expect(started).toBeLessThan(5);
  });

  test('a place in the line that is given up is left to the same person’s next', () => {
    const turns = turnsWith('a1 a2 a3 b1 b2');
    turns.remove('a1');
    expect(ids(turns.order())).toBe('a2 b1 a3 b2');
  });

  test('the urgent go before all others', () => {
    const turns = turnsWith('a1 b1');
    turns.add(entry('c1', { urgency: 'high' }));
    expect(ids(turns.order())).toBe('c1 a1 b1');
  });
});

describe('who may start', () => {
  test('no more of one person than may run at once', () => {
    const turns = turnsWith('a1 a2 a3 b1', 2);
    expect([turns.next()?.id, turns.next()?.id, turns.next()?.id]).toEqual(['a1', 'b1', 'a2']);
    expect(turns.startable).toBe(false);
    expect(turns.next()).toBeUndefined();
    turns.done('a1');
    expect(turns.next()?.id).toBe('a3');
  });

  test('one that must be alone waits until nothing runs, and nothing starts beside it', () => {
    const turns = turnsWith('a1');
    turns.next();
    turns.add(entry('b1', { alone: true }));
    turns.add(entry('c1'));
    expect(turns.next()).toBeUndefined();
    turns.done('a1');
    expect(turns.next()?.id).toBe('b1');
    expect(turns.startable).toBe(false);
    turns.done('b1');
    expect(turns.next()?.id).toBe('c1');
  });
});

describe('entries of different models', () => {
  const withSlots = (slots: (model: string | undefined) => number) => createTurns({ slots, runningEach: 9 });

  test('do not run at once: one waits until those of another have ended, and is passed over four times', () => {
    const turns = withSlots(() => 9);
    turns.add(entry('a1', { model: 'sd' }));
    turns.add(entry('b1', { model: 'xl' }));
    for (const id of ['c1', 'd1', 'e1', 'f1', 'g1']) turns.add(entry(id, { model: 'sd' }));
    const started: (string | undefined)[] = [];
    while (turns.startable) started.push(turns.next()?.id);
    expect(started).toEqual(['a1', 'c1', 'd1', 'e1', 'f1']);
    expect(turns.next()).toBeUndefined();
    for (const id of ['a1', 'c1', 'd1', 'e1']) turns.done(id);
    expect(turns.startable).toBe(false);
    turns.done('f1');
    expect(turns.next()?.id).toBe('b1');
    expect(turns.startable).toBe(false);
    turns.done('b1');
    expect(turns.next()?.id).toBe('g1');
  });

  test('run as many at once as their model has slots, which may change', () => {
    let slots = 1;
    const turns = withSlots((model) => (model === 'sd' ? slots : 1));
    for (const id of ['a1', 'b1', 'c1']) turns.add(entry(id, { model: 'sd' }));
    expect([turns.next()?.id, turns.next()?.id]).toEqual(['a1', undefined]);
    slots = 3;
    expect([turns.next()?.id, turns.next()?.id]).toEqual(['b1', 'c1']);
    turns.add(entry('d1', { model: 'xl' }));
    for (const id of ['a1', 'b1', 'c1']) turns.done(id);
    expect(turns.next()?.id).toBe('d1');
    turns.add(entry('e1', { model: 'xl' }));
    expect(turns.startable).toBe(false);
  });
});

test('the order that is told is the order in which they start, whatever happened before', () => {
  const people = fc.constantFrom('a', 'b', 'c', 'd');
  const deeds = fc.array(
    fc.oneof(
      fc.record({ deed: fc.constant('add' as const), person: people, high: fc.boolean() }),
      fc.record({ deed: fc.constant('next' as const) }),
      fc.record({ deed: fc.constant('remove' as const), at: fc.nat(20) }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(deeds, (list) => {
      const turns = createTurns({ slots: () => 1000, runningEach: 1000 });
      let count = 0;
      for (const deed of list) {
        if (deed.deed === 'add') {
          turns.add(entry(`${deed.person}${count++}`, { urgency: deed.high ? 'high' : 'normal' }));
        } else if (deed.deed === 'next') turns.next();
        else {
          const waiting = turns.order();
          const chosen = waiting[deed.at % Math.max(1, waiting.length)];
          if (chosen) turns.remove(chosen.id);
        }
      }
      const told = ids(turns.order());
      const started: Entry[] = [];
      for (let next = turns.next(); next; next = turns.next()) started.push(next);
      expect(ids(started)).toBe(told);
    }),
  );
});

describe('models that are not loaded', () => {
  const wanted: string[] = [];
  const withModels = (ready: () => readonly string[]) =>
    createTurns({
      ...{ slots: () => 99, runningEach: 9 },
      loading: { ready: (model) => ready().includes(model), wanted: (model) => wanted.push(model) },
    });

  test('let those that are go first, four times, and are asked for each time', () => {
    wanted.length = 0;
    const turns = withModels(() => ['sd']);
    turns.add(entry('a1', { model: 'xl' }));
    for (const id of ['b1', 'c1', 'd1', 'e1', 'f1']) turns.add(entry(id, { model: 'sd' }));
    const started = Array.from({ length: 6 }, () => turns.next()?.id);
    expect(started.join(' ')).toBe('b1 c1 d1 e1 a1 f1');
    expect(wanted).toEqual(['xl', 'xl', 'xl', 'xl']);
  });

  test('start in their turn as soon as they are loaded', () => {
    let loaded = ['sd'];
    const turns = withModels(() => loaded);
    turns.add(entry('a1', { model: 'xl' }));
    turns.add(entry('b1', { model: 'sd' }));
    turns.add(entry('c1', { model: 'sd' }));
    expect(turns.next()?.id).toBe('b1');
    loaded = ['sd', 'xl'];
    turns.done('b1');
    expect(turns.next()?.id).toBe('a1');
  });

  test('start at once where nobody else could', () => {
    const turns = withModels(() => []);
    turns.add(entry('a1', { model: 'xl' }));
    turns.add(entry('b1', { model: 'sd' }));
    expect([turns.next()?.id, turns.next()?.id]).toEqual(['a1', 'b1']);
  });

  test('none is passed over more than four times, whatever is loaded when, and all start', () => {
    const steps = fc.array(
      fc.record({
        person: fc.constantFrom('a', 'b', 'c'),
        model: fc.constantFrom('sd', 'xl'),
        next: fc.nat(2),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.array(fc.constantFrom('sd', 'xl'), { minLength: 1 }), (list, loads) => {
        let tick = 0;
        const turns = withModels(() => [loads[tick % loads.length]!]);
        const firsts = new Map<string, number>();
        let started = 0;
        const start = () => {
          const [first] = turns.order();
          const next = turns.next();
          tick += 1;
          if (!next) return false;
          started += 1;
          turns.done(next.id);
          if (first && first.id !== next.id) firsts.set(first.id, (firsts.get(first.id) ?? 0) + 1);
          return true;
        };
        for (const [i, { person, model, next }] of list.entries()) {
          turns.add(entry(`${person}${i}`, { model }));
          for (let n = 0; n < next; n++) start();
        }
        while (start()) {}
        expect(started).toBe(list.length);
        expect(Math.max(0, ...firsts.values())).toBeLessThanOrEqual(4);
      }),
    );
  });
});
