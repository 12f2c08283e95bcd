import type { Clock } from '../../clock.js';
import type { Log } from '../log.js';
import { seenKey } from '../seenKey.js';
import type { PrismaClient } from './connect.js';
import { isTaken } from './isTaken.js';
import type { Lane } from './lane.js';

type Small = Pick<Log, 'seen' | 'report' | 'sample' | 'keep' | 'kept'>;

/** The tables of one row a call. */
export function createSmall(client: PrismaClient, lane: Lane, clock: Clock): Small {
  /** Makes a row; false when it was there already, or was not made. */
  async function make(row: () => Promise<unknown>): Promise<boolean> {
    try {
      return (await lane(row)) !== false;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }

  return {
    seen: (key) => make(() => client.seen.create({ data: { key: seenKey(key), at: clock.now() } })),
    async report(id, by, now) {
      return make(async () => {
        const job = await client.job.findUnique({ where: { id }, select: { id: true } });
        if (job) await client.report.create({ data: { job: id, by, at: now } });
        return job !== null;
      });
    },
    async sample(now, waiting, running) {
      const line = { waiting, running };
      await lane(() =>
        client.sample.upsert({ where: { at: now }, create: { at: now, ...line }, update: line }),
      );
    },
    async keep(name, value) {
      await lane<unknown>(() =>
        value === undefined
          ? client.kept.deleteMany({ where: { name } })
          : client.kept.upsert({ where: { name }, create: { name, value }, update: { value } }),
      );
    },
    async kept(name) {
      return (await client.kept.findUnique({ where: { name } }))?.value;
    },
  };
}
