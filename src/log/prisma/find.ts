import { sqltag as sql } from '@prisma/client/runtime/client';
import type { Log } from '../log.js';
import { nearestRank } from '../percentiles.js';
import type { PrismaClient } from './connect.js';
import { jobOf } from './rows.js';
import { whereOf } from './where.js';

const likeIt = 50;

/** The log's questions about jobs. */
export function createFind(
  client: PrismaClient,
): Pick<Log, 'known' | 'unfinished' | 'find' | 'used' | 'usualCost'> {
  return {
    async known(key) {
      return (await client.job.findUnique({ where: { key }, select: { id: true } })) !== null;
    },
    async unfinished() {
      const rows = await client.job.findMany({
        where: {
          OR: [
            { state: { in: ['queued', 'running', 'drawn'] } },
            { state: { in: ['failed', 'cancelled'] }, told: false },
          ],
        },
        include: { images: true },
        orderBy: { id: 'asc' },
      });
      return rows.map(jobOf);
    },
    async find(filter, { skip, take }) {
      const where = whereOf(filter);
      const found = await client.$queryRaw<{ id: string }[]>(
        sql`SELECT "id" FROM "Job" ${where} ORDER BY "id" DESC LIMIT ${take} OFFSET ${skip}`,
      );
      const [counted] = await client.$queryRaw<{ total: number | bigint }[]>(
        sql`SELECT COUNT(*) AS "total" FROM "Job" ${where}`,
      );
      const rows = await client.job.findMany({
        where: { id: { in: found.map(({ id }) => id) } },
        include: { images: true },
        orderBy: { id: 'desc' },
      });
      return { jobs: rows.map(jobOf), total: Number(counted!.total) };
    },
    async used(person, since) {
      const [asked, spent] = await Promise.all([
        client.job.aggregate({
          where: { personKey: person, asked: { gte: since }, state: { notIn: ['failed', 'cancelled'] } },
          _sum: { count: true },
        }),
        client.spent.aggregate({ where: { person, at: { gte: since } }, _sum: { count: true } }),
      ]);
      return (asked._sum.count ?? 0) + (spent._sum.count ?? 0);
    },
    async usualCost(model, pixels) {
      const rows = await client.job.findMany({
        // A ControlNet or hires fix would be taken for the model's own slowness.
        where: { model, drawnPixels: pixels, drawn: { not: null }, extras: null },
        orderBy: { drawn: 'desc' },
        take: likeIt,
        select: { encodeTime: true, denoiseTime: true, decodeTime: true, count: true },
      });
      const costs = rows.map((row) => (row.encodeTime! + row.denoiseTime! + row.decodeTime!) / row.count);
      return nearestRank(
        costs.sort((one, other) => one - other),
        50,
      );
    },
  };
}
