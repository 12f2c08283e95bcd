import type { Clock } from '../../clock.js';
import { createJobIds } from '../jobIds.js';
import type { Log } from '../log.js';
import type { PrismaClient } from './connect.js';
import { isTaken } from './isTaken.js';
import type { Lane } from './lane.js';
import { jobOf, rowOf } from './rows.js';

/** The log's `accept`: one INSERT, whose unique key decides which of the same events makes the job. */
export async function createAccept(client: PrismaClient, lane: Lane, clock: Clock): Promise<Log['accept']> {
  const newest = await client.job.findFirst({ orderBy: { id: 'desc' }, select: { id: true } });
  const nextId = createJobIds(clock, newest?.id);
  const accept: Log['accept'] = async (job) => {
    try {
      const row = await client.job.create({ data: rowOf(nextId(), job, clock.now()) });
      return { job: jobOf({ ...row, images: [] }), fresh: true };
    } catch (error) {
      if (!isTaken(error)) throw error;
      const row = await client.job.findUnique({ where: { key: job.key }, include: { images: true } });
      if (row) return { job: jobOf(row), fresh: false };
      // Another process made the same id.
      return accept(job);
    }
  };
  return (job) => lane(() => accept(job));
}
