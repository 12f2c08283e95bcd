import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { createJobIds } from '../../../src/log/jobIds.js';
import { describeLog } from '../../conformance/log.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { newJob, noon, result } from '../jobs.js';
import { standingClock } from '../standingClock.js';
import { fill } from './fill.js';
import { temporaryLog } from './temporaryLog.js';

const open = () => temporaryLog();

describeLog(open);

test('an error that may be logged has no prompt and no token in it', async () => {
  const log = await temporaryLog();
  const options = { ...newJob().options, prompt: 'a secret fox', count: 'many' as unknown as number };
  const target = { platform: 'discord', token: 'a secret token' } as const;
  const error = await log.accept(newJob({ options, target })).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toContain('Argument `count`');
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('secret');
});

test('fractions of milliseconds are rounded', async () => {
  const log = await temporaryLog();
  const { job } = await log.accept(newJob({ asked: noon + 0.25 }));
  expect(job.asked).toBe(noon);
  await log.start(job.id, noon + 1.5);
  const timings = { wait: 1.2, load: 0.4, encode: 9.6, denoise: 100.5, decode: 3 };
  const drawn = await log.drew(job.id, result({ timings }));
  expect(drawn?.started).toBe(noon + 2);
  expect(drawn?.timings).toEqual({ wait: 1, load: 0, encode: 10, denoise: 101, decode: 3 });
  expect((await log.delivered(job.id, { now: noon + 9.9, post: 3.7 }))?.timings.post).toBe(4);
});

test('an id that another process took meanwhile is passed over', async () => {
  const folder = temporaryFolder();
  let now = noon;
  const clock = { ...standingClock, now: () => now };
  const log = await temporaryLog(folder, clock);
  const { job: first } = await log.accept(newJob());
  // By a clock that was set back, both go on from the last id by ones.
  now -= 60_000;
  const next = createJobIds(clock, first.id);
  fill(folder, 5, () => ({ id: next() }));
  const { job, fresh } = await log.accept(newJob());
  expect(fresh).toBe(true);
  expect(job.id).toBe(next());
  const { jobs } = await log.find({}, { skip: 0, take: 10 });
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(7);
  expect(jobs[0]?.id).toBe(job.id);
});

test('a row whose extras somebody has meddled with is shown, says so, and keeps no other from being read', async () => {
  const folder = temporaryFolder();
  const log = await temporaryLog(folder);
  const hires = { scale: 2 };
  const { job } = await log.accept(newJob({ options: { ...newJob().options, hires } }));
  const { job: other } = await log.accept(newJob({ key: 'other' }));
  const database = new Database(join(folder, 'kiln.db'));
  database.prepare('UPDATE "Job" SET "extras" = ? WHERE "id" = ?').run('{"hires":{"scale":1e9}}', job.id);
  database.close();
  const { hires: _, ...options } = job.options;
  const read = { ...job, options: { ...options, unreadable: true } };
  expect(await log.unfinished()).toEqual([read, other]);
});
