import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryLog } from '../../src/log/memory.js';
import { silentLogger } from '../../src/logger.js';
import { createDiskStorage } from '../../src/storage/disk.js';
import { keepHouse } from '../../src/wiring/housekeeping.js';
import { fastClock } from '../fixtures/fast-clock.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { image, jobIn, result } from '../log/jobs.js';

const hour = 3_600_000;

async function house() {
  const folder = temporaryFolder();
  const storage = createDiskStorage(folder);
  const clock = fastClock();
  const log = createMemoryLog({ clock });
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return {
    ...{ storage, clock, log },
    names: () => files().map(({ name }) => name),
    /** As if they had been put two hours ago. */
    age() {
      const then = new Date(Date.now() - 2 * hour);
      for (const { parentPath, name } of files()) utimesSync(join(parentPath, name), then, then);
    },
    keep() {
      const stop = keepHouse({
        ...{ log, storage, clock, logger: silentLogger, keepDays: 30 },
        queue: { waiting: 0, running: 0 },
        purgeRooms: () => {},
        async discard(keys) {
          for (const key of keys) await storage.remove(key);
        },
      });
      onTestFinished(stop);
    },
  };
}

test('files that no row names go at the start, unless they are new', async () => {
  const { storage, log, names, age, keep } = await house();
  const put = (words: string) => storage.put(Buffer.from(words), 'png');
  const [named, begun, left] = await Promise.all(['named', 'begun', 'left'].map(put));
  await jobIn(log, 'drawn', {}, result({ images: [image({ key: named })] }));
  await jobIn(log, 'queued', { init: { key: begun } });
  age();
  const fresh = await put('on its way to a row');
  keep();
  await vi.waitFor(() => expect(names()).not.toContain(left));
  expect(names().toSorted()).toEqual([begun, fresh, named].toSorted());
});

test('and once an hour from then on', async () => {
  const { storage, names, age, keep, clock } = await house();
  keep();
  const left = await storage.put(Buffer.from('left by a row that never came'), 'png');
  clock.skip(hour);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(names()).toEqual([left]);
  age();
  clock.skip(hour);
  await vi.waitFor(() => expect(names()).toEqual([]));
});

test('old jobs go by the clock, and the length of the line is noted', async () => {
  const clock = fastClock();
  const log = createMemoryLog({ clock });
  const discarded: string[] = [];
  const purged: number[] = [];
  const samples: number[] = [];
  const watched = {
    ...log,
    purge: async (before: number) => [`older than ${clock.now() - before}`],
    sample: async (_: number, waiting: number) => {
      samples.push(waiting);
    },
  };
  const stop = keepHouse({
    ...{ log: watched, queue: { waiting: 3, running: 1 }, clock, logger: silentLogger, keepDays: 2 },
    storage: createDiskStorage(temporaryFolder()),
    purgeRooms: (before) => {
      purged.push(clock.now() - before);
    },
    async discard(keys) {
      discarded.push(...keys);
    },
  });
  for (let hour = 0; hour < 2; hour++) {
    clock.skip(60 * 60 * 1000);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  stop();
  expect(discarded.length).toBeGreaterThanOrEqual(2);
  expect(purged.length).toBeGreaterThanOrEqual(2);
  expect(discarded[0]).toMatch(/^older than 1728000\d\d$/);
  expect(samples).toContain(3);
});
