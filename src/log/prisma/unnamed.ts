import type { Prisma } from './generated/sqlite/client.js';

/** Prisma binds at most 999 values in a query for SQLite, and each key is looked for in three columns of a job. */
const atOnce = 300;

/** Those of the storage keys that no row names. */
export async function unnamed(
  transaction: Prisma.TransactionClient,
  all: readonly string[],
): Promise<string[]> {
  const free: string[] = [];
  for (let first = 0; first < all.length; first += atOnce) {
    const keys = all.slice(first, first + atOnce);
    const images = await transaction.image.findMany({ where: { key: { in: keys } }, select: { key: true } });
    const given = await transaction.job.findMany({
      where: { OR: [{ initKey: { in: keys } }, { maskKey: { in: keys } }, { controlKey: { in: keys } }] },
      select: { initKey: true, maskKey: true, controlKey: true },
    });
    const taken = new Set([...images.map(({ key }) => key), ...given.flatMap(Object.values<string | null>)]);
    free.push(...keys.filter((key) => !taken.has(key)));
  }
  return free;
}
