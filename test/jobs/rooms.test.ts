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

test('progress that comes after the end is not shown: a preview takes a while to make', async () => {
  const shown: string[] = [];
  const rooms = createRooms({
    adapters: new Map([
      [
        'discord',
        {
          platform: 'discord',
          show: async (target, { text }) => {
            shown.push(String(text[0]));
            return target;
          },
          remove: async () => {},
        } as Partial<Adapter> as Adapter,
      ],
    ]),
    log: { retarget: async () => {}, get: async () => job },
    clock: fastClock(),
    logger: silentLogger,
  });
  rooms.progress(job, { text: ['step 1'] });
  await rooms.final(job, { text: ['done'] }, new AbortController().signal);
  rooms.progress(job, { text: ['step 2'] });
  const other = { ...job, id: 'b2' } as Job;
  await rooms.remove(other);
  rooms.progress(other, { text: ['a deleted job'] });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(shown).toEqual(['step 1', 'done']);
});
