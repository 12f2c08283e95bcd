import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Log, NewJob } from '../../../src/log/log.js';
import { openPrismaLog } from '../../../src/log/prisma/open.js';
import { createRandom } from '../../fire/random.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { image, jobIn, newJob, noon, result } from '../jobs.js';
import { standingClock } from '../standingClock.js';
import { fill } from './fill.js';
import { temporaryLog } from './temporaryLog.js';

/** Nothing else in the database has this in it. */
const mark = 'Zyxomma';

const files = ['kiln.db', 'kiln.db-wal', 'kiln.db-shm', 'kiln.db-journal'];

/** Where the mark stands in the files of a database, with what is around it. */
function marksIn(folder: string): string[] {
  return files
    .map((file) => join(folder, file))
    .filter(existsSync)
    .flatMap((path) => {
      const text = readFileSync(path).toString('latin1');
      return [...text.toLowerCase().matchAll(/zyxomma/g)].map(
        ({ index }) => `${path.slice(folder.length + 1)}@${index}: ${text.slice(index - 20, index + 40)}`,
      );
    });
}

/** From 0 to 1. */
function fractions(seed: number): () => number {
  const random = createRandom(seed);
  return () => random.below(1_000_000) / 1_000_000;
}

/** A job with the mark in everything that is a person's, of a length that moves pages about. */
function marked(random: () => number): NewJob {
  const long = (most: number) => `${mark} `.repeat(1 + Math.floor(random() ** 3 * most));
  const direct = random() < 0.5;
  return newJob({
    key: `discord:${mark}:${random()}`,
    person: { key: `discord:${mark}`, id: mark, name: `${mark} the First` },
    place: {
      platform: 'discord',
      channel: direct ? `${mark}-dm` : 'general',
      direct,
      ageRestricted: false,
      member: true,
    },
    target: { platform: 'discord', token: `${mark}${long(40)}` },
    options: { prompt: long(1500), negative: long(20), seed: 1, count: 1, model: 'sprite', style: 'ink' },
    init: { attachment: { url: `https://cdn.example/${mark}.png`, name: `${mark}.png` } },
  });
}

/** A log where the mark's person and others have done everything, in a random order. */
async function livedIn(folder: string, seed: number): Promise<Log> {
  const log = await temporaryLog(folder);
  const random = fractions(seed);
  for (let round = 0; round < 60; round++) {
    const theirs = random() < 0.5;
    const { job } = await log.accept(
      theirs
        ? marked(random)
        : newJob({ options: { ...newJob().options, prompt: 'x'.repeat(random() * 4000) } }),
    );
    const roll = random();
    if (roll < 0.1) continue;
    // Rows that grow and shrink are moved from page to page.
    for (let times = random() * 4; times > 1; times--) {
      const message = (theirs ? mark : 'message').repeat(random() ** 3 * 400);
      await log.retarget(job.id, { platform: 'discord', message });
    }
    await log.start(job.id, noon);
    if (roll < 0.3) {
      await log.fail(job.id, { code: 'internal', text: theirs ? `${mark} failed` : 'failed', now: noon });
    } else {
      const warnings = theirs ? [`The prompt was cut: ${mark}`] : [];
      const drawn = result({ images: [image({ key: theirs ? `${mark}.png` : image().key })] });
      await log.drew(job.id, { ...drawn, drawnWith: { ...drawn.drawnWith, warnings } });
      if (roll < 0.8) await log.delivered(job.id, { now: noon, post: 1 });
      if (roll < 0.4) await log.deleteJob(job.id);
    }
    await log.report(job.id, theirs ? 'discord:2' : `discord:${mark}`, noon);
    await log.seen(`discord:event:${theirs ? mark : 'x'}:${round}`);
  }
  await log.keep(`person/discord:${mark}/consent`, mark);
  return log;
}

describe('no byte of a person is left in the database’s files', () => {
  test.each([1, 2, 3])('after deletePerson, seed %i', async (seed) => {
    const folder = temporaryFolder();
    const log = await livedIn(folder, seed);
    expect(marksIn(folder).length).toBeGreaterThan(100);
    const { total } = await log.find({}, { skip: 0, take: 1 });
    await log.deletePerson(`discord:${mark}`);
    expect(marksIn(folder)).toEqual([]);
    const left = await log.find({}, { skip: 0, take: 1000 });
    expect(left.total).toBeGreaterThan(10);
    expect(left.total).toBeLessThan(total);
    await log.close();
    expect(marksIn(folder)).toEqual([]);
  });

  // SQLite's own overwriting is not enough here: copies lie in pages whose rows have moved.
  test('after deletePerson of one among thousands', async () => {
    const folder = temporaryFolder();
    const log = await temporaryLog(folder);
    const random = fractions(4);
    fill(folder, 4000, (index) => {
      const theirs = random() < 0.5;
      // In no order, so that pages are split in the middle.
      const id = `${(index * 2_654_435_761) % 2 ** 32}`.padStart(10, '0');
      const name = theirs ? mark : 'somebody';
      const prompt = `${name} `.repeat(1 + random() ** 3 * 60);
      return { id, key: `${name}:${id}`, personKey: `discord:${name}`, personName: name, prompt };
    });
    expect(marksIn(folder).length).toBeGreaterThan(4000);
    await log.deletePerson(`discord:${mark}`);
    expect(marksIn(folder)).toEqual([]);
    expect((await log.find({}, { skip: 0, take: 1 })).total).toBeGreaterThan(1500);
  });

  test('after the next start, when the process died between the deletion and the writing anew', async () => {
    const folder = temporaryFolder();
    const first = await temporaryLog(folder);
    fill(folder, 500, () => ({ personKey: `discord:${mark}`, prompt: mark.repeat(100) }));
    await first.deleteJob('0000000007');
    await first.close();
    // As secure_delete leaves it: gone from the tables, and copies in the pages.
    const database = new Database(join(folder, 'kiln.db'));
    database.pragma('secure_delete = OFF');
    database.exec('DELETE FROM "Job"; DELETE FROM "Spent"');
    database.close();
    expect(marksIn(folder).length).toBeGreaterThan(1000);
    const beside = await openPrismaLog({
      url: `file:${join(folder, 'kiln.db')}`,
      clock: standingClock,
      beside: true,
    });
    await beside.close();
    expect(marksIn(folder).length).toBeGreaterThan(1000);
    await temporaryLog(folder);
    expect(marksIn(folder).length).toBe(0);
  });

  test('after each deleteJob', async () => {
    const folder = temporaryFolder();
    const log = await temporaryLog(folder);
    const random = fractions(6);
    await jobIn(log, 'delivered');
    const { id } = await jobIn(log, 'delivered', marked(random));
    await log.deleteJob(id);
    // That there was a job counts towards the person's quota for a while; what it was is gone.
    expect(marksIn(folder).filter((found) => !found.includes(`discord:${mark}`))).toEqual([]);
    await log.deletePerson(`discord:${mark}`);
    expect(marksIn(folder)).toEqual([]);
  });

  test('after a day’s first purge, with what was deleted before', async () => {
    const folder = temporaryFolder();
    const clock = { ...standingClock, now: () => now };
    let now = noon;
    const log = await temporaryLog(folder, clock);
    const random = fractions(7);
    fill(folder, 3000, (index) => {
      const theirs = random() < 0.5;
      const id = `${(index * 2_654_435_761) % 2 ** 32}`.padStart(10, '0');
      const name = theirs ? mark : 'somebody';
      const ended = theirs ? noon : noon + 86_400_000;
      return { id, key: `${name}:${id}`, prompt: `${name} `.repeat(1 + random() * 50), asked: ended, ended };
    });
    await log.purge(noon + 1);
    // Copies may be left, which is what the rest is for.
    expect(marksIn(folder).length).toBeGreaterThan(0);
    now += 86_400_000;
    await log.purge(noon + 1);
    expect(marksIn(folder)).toEqual([]);
    expect((await log.find({}, { skip: 0, take: 1 })).total).toBeGreaterThan(1000);
  });

  test('after a change of what was kept, and the log was closed', async () => {
    const folder = temporaryFolder();
    const log = await temporaryLog(folder);
    await log.keep('slack/installation', mark.repeat(3000));
    await log.keep('slack/installation', undefined);
    await log.close();
    expect(marksIn(folder)).toEqual([]);
  });
});

test('the counters that stay have no column for a person, and no channel of a direct message', async () => {
  const folder = temporaryFolder();
  const log = await livedIn(folder, 8);
  await log.deletePerson(`discord:${mark}`);
  await log.close();
  const database = new Database(join(folder, 'kiln.db'), { readonly: true });
  const rows = database.prepare('SELECT * FROM "Counter"').all() as Record<string, unknown>[];
  database.close();
  expect(rows.length).toBeGreaterThan(0);
  expect(Object.keys(rows[0]!).sort()).toEqual(
    'channel cold day errorCode images jobs model platform reports server state warm'.split(' '),
  );
  expect(rows.some(({ channel }) => channel === '')).toBe(true);
});

test('a reader that is in the way is waited for', async () => {
  const folder = temporaryFolder();
  const log = await temporaryLog(folder);
  await jobIn(log, 'delivered', marked(fractions(9)));
  const reader = new Database(join(folder, 'kiln.db'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT COUNT(*) FROM "Job"').get();
  setTimeout(() => reader.close(), 300);
  const done = log.deletePerson(`discord:${mark}`);
  // Nobody else waits meanwhile.
  expect((await log.accept(newJob())).fresh).toBe(true);
  expect(reader.open).toBe(true);
  await done;
  expect(marksIn(folder)).toEqual([]);
});
