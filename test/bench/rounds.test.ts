import { readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Contestant } from '../../src/bench/contestant.js';
import type { PictureAsk } from '../../src/bench/protocol.js';
import { type Measure, measures, type RoundsOptions, runRounds } from '../../src/bench/rounds.js';
import { UserError } from '../../src/errors.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

const ask: PictureAsk = {
  ...{ do: 'picture', prompt: 'a dog', negative: '', width: 64, height: 64, steps: 2, guidance: 3 },
  ...{ seed: 0, count: 1 },
};

/** Contestants that write down what they are asked; `change` replaces parts of one. */
function contest(names: readonly string[], change: Partial<Contestant> & { name?: string } = {}) {
  const told: string[] = [];
  const contestants = names.map((name): Contestant => {
    let calls = 0;
    const own: Contestant = {
      ...{ name, versions: { [name]: '1' }, openSeconds: 1, memory: { peak: 10, private: 5 } },
      call: async () => {
        told.push(`${name} call`);
        return [5, 1, 3][calls++ % 3]!;
      },
      picture: async ({ prompt }) => {
        told.push(`${name} draws ${prompt}`);
        return { seconds: 2, unet: 1, step: 0.5 };
      },
      cold: async ({ steps, file }) => {
        told.push(`${name} cold ${steps}`);
        writeFileSync(file, '');
        return { seconds: 3, memory: { peak: 20, private: 2 } };
      },
      close: async () => void told.push(`${name} closes`),
    };
    return name === change.name ? { ...own, ...change } : own;
  });
  const options: RoundsOptions = {
    ...{
      contestants,
      own: contestants[0]!,
      rounds: 2,
      calls: 3,
      measures: new Set(measures),
      ask,
      tokens: 24,
    },
    ...{ folder: temporaryFolder(), roomForMore: () => true, tell: () => {} },
  };
  return { told, options };
}

const only = (...some: Measure[]) => ({ measures: new Set(some) });

test('all take turns, warm and then cold, with a prompt of its own each round', async () => {
  const { told, options } = contest(['kiln', 'peer']);
  const [kiln] = await runRounds({ ...options, calls: 1 });
  expect(told).toEqual([
    ...['kiln call', 'kiln draws a dog, 1', 'peer call', 'peer draws a dog, 1', 'kiln cold 2', 'peer cold 2'],
    ...['kiln call', 'kiln draws a dog, 2', 'peer call', 'peer draws a dog, 2', 'kiln cold 2', 'peer cold 2'],
    ...['kiln closes', 'peer closes'],
  ]);
  expect(kiln!.turns).toHaveLength(2);
  expect(readdirSync(options.folder)).toEqual([]);
});

test('of several calls in a turn the median counts', async () => {
  const { options } = contest(['kiln']);
  const [kiln] = await runRounds({ ...options, ...only('call') });
  expect(kiln!.turns).toEqual([{ call: 3 }, { call: 3 }]);
});

test('a cold start that is the first of all is done once before, with one step', async () => {
  const { told, options } = contest(['kiln']);
  const [kiln] = await runRounds({ ...options, ...only('cold') });
  expect(told).toEqual(['kiln cold 1', 'kiln cold 2', 'kiln cold 2', 'kiln closes']);
  expect(kiln).toMatchObject({ turns: [{ cold: 3 }, { cold: 3 }], memory: { peak: 20, private: 2 } });
});

test('memory is that of the warm process, where there is one', async () => {
  const { options } = contest(['kiln']);
  expect((await runRounds(options))[0]).toMatchObject({ memory: { peak: 10, private: 5 }, openSeconds: 1 });
});

test('whoever has no call of its own is not asked for one', async () => {
  const { told, options } = contest(['kiln', 'kiln-fast'], { name: 'kiln-fast', call: undefined });
  const [, fast] = await runRounds({ ...options, rounds: 1, ...only('call', 'warm') });
  expect(told).not.toContain('kiln-fast call');
  expect(fast!.turns).toEqual([{ picture: { seconds: 2, unet: 1, step: 0.5 } }]);
});

test('without room for another model each is closed after its turn', async () => {
  const { told, options } = contest(['kiln', 'peer']);
  await runRounds({ ...options, rounds: 1, ...only('warm'), roomForMore: () => false });
  expect(told.slice(0, 4)).toEqual([
    'kiln draws a dog, 1',
    'kiln closes',
    'peer draws a dog, 1',
    'peer closes',
  ]);
});

test('a peer that fails is closed and left out, what it had done before stays', async () => {
  let pictures = 0;
  const picture = async () => {
    if (++pictures === 2) throw new UserError('engine-died', 'Cannot measure peer: it died');
    return { seconds: 2 };
  };
  const { told, options } = contest(['kiln', 'peer'], { name: 'peer', picture });
  const [kiln, peer] = await runRounds({ ...options, rounds: 3, ...only('warm') });
  expect(kiln!.turns).toHaveLength(3);
  expect(peer).toMatchObject({
    turns: [{ picture: { seconds: 2 } }],
    failure: 'Cannot measure peer: it died',
  });
  expect(pictures).toBe(2);
  expect(told.indexOf('peer closes')).toBeLessThan(told.indexOf('kiln draws a dog, 3'));
});

test.each<[string, Error]>([
  ['kiln', new UserError('bad-model', 'Cannot open kiln')],
  ['peer', new UserError('cancelled', 'Cancelled')],
  ['peer', new TypeError('a defect')],
])('what %s throws ends all when it is %s, and closes all', async (name, error) => {
  const { told, options } = contest(['kiln', 'peer'], { name, picture: () => Promise.reject(error) });
  await expect(runRounds(options)).rejects.toBe(error);
  expect(told.filter((line) => line.endsWith('closes'))).toEqual(['kiln closes', 'peer closes']);
});
