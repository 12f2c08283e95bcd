import { expect, test } from 'vitest';
import { createRooms } from '../../src/jobs/rooms.js';
import type { Job } from '../../src/log/log.js';
import { silentLogger } from '../../src/logger.js';
import type { Adapter, Reply } from '../../src/request.js';
import { fastClock } from '../fixtures/fast-clock.js';

/** Shows what is final at once, and progress never: the message was changed a moment ago. */
function open() {
  const shown: Reply[] = [];
  const adapter = {
    platform: 'discord',
    show: async (target, reply, { weight }) => {
      if (weight === 'progress') return new Promise<never>(() => {});
      shown.push(reply);
      return target;
    },
  } as Partial<Adapter> as Adapter;
  const rooms = createRooms({
    adapters: new Map([['discord', adapter]]),
    log: { retarget: async () => {}, get: async () => job },
    clock: fastClock(),
    logger: silentLogger,
  });
  return { rooms, shown };
}
const job = { id: 'a1', target: { platform: 'discord' } } as Job;

test('what is final does not wait for progress that waits for its turn', async () => {
  const { rooms, shown } = open();
  rooms.progress(job, { text: ['step 1'] });
  expect(await rooms.final(job, { text: ['done'] }, new AbortController().signal)).toBe('shown');
  expect(shown).toEqual([{ text: ['done'] }]);
});

test('that a job goes on later is said at once, and nothing after it', async () => {
  const { rooms, shown } = open();
  rooms.progress(job, { text: ['step 1'] });
  await rooms.pause(job, { text: ['later'] });
  rooms.progress(job, { text: ['step 2'] });
  await rooms.pause(job, { text: ['later'] });
  expect(shown).toEqual([{ text: ['later'] }]);
});
