import { expect, test } from 'vitest';
import { recover } from '../../src/jobs/recover.js';
import type { Job } from '../../src/log/log.js';
import { createMemoryLog } from '../../src/log/memory.js';
import { silentLogger } from '../../src/logger.js';
import { jobIn } from '../log/jobs.js';
import { standingClock } from '../log/standingClock.js';

const states = ['queued', 'running', 'drawn', 'delivered', 'failed', 'cancelled'] as const;

test('what was left goes on where it was: to the line, into the room, or to those who were not told', async () => {
  const log = createMemoryLog({ clock: standingClock });
  const jobs: Record<string, Job> = {};
  for (const state of states) jobs[state] = await jobIn(log, state);
  const told = await jobIn(log, 'failed');
  await log.told(told.id);
  const left = await log.unfinished();
  // Asked for since: this process has it in its line already.
  const fresh = await jobIn(log, 'running');
  // Cancelled since.
  const gone = await jobIn(log, 'queued');
  const seen: string[] = [];
  await recover({
    left: [...left, { ...gone, state: 'running' }],
    ...{ log, clock: standingClock, logger: silentLogger },
    ends: {
      deliver: ({ id }) => seen.push(`deliver ${id}`),
      tell: ({ id }) => seen.push(`tell ${id}`),
    },
    enqueue: ({ id, attempt }, { alone }) => seen.push(`enqueue ${id} ${attempt} ${alone}`),
  });
  expect(seen).toEqual([
    `enqueue ${jobs.queued!.id} 1 false`,
    `enqueue ${jobs.running!.id} 2 false`,
    `deliver ${jobs.drawn!.id}`,
    `tell ${jobs.failed!.id}`,
    `tell ${jobs.cancelled!.id}`,
  ]);
  expect((await log.get(fresh.id))!.state).toBe('running');
});

test('a job that the engine has died with waits to be alone with it', async () => {
  const log = createMemoryLog({ clock: standingClock });
  const { id } = await jobIn(log, 'running');
  await log.requeue(id, { now: 1, died: true });
  const alone: boolean[] = [];
  await recover({
    left: await log.unfinished(),
    ...{ log, clock: standingClock, logger: silentLogger },
    ends: { deliver: () => {}, tell: () => {} },
    enqueue: (_, how) => alone.push(how.alone),
  });
  expect(alone).toEqual([true]);
});
