import type { Prisma } from './generated/sqlite/client.js';

/** SQLite binds at most 32,766 values; this many are quick to look up. */
const atOnce = 500;

/** Those of the storage keys that no row names. */
export async function unnamed(
  transaction: Prisma.TransactionClient,
  all: readonly string[],
): Promise<string[]> {
  const free: string[] = [];
  for (let first = 0; first < all.length; first += atOnce) {
    const keys = all.slice(first, first + atOnce);
    const images = await transaction.image.findMany({ where: { key: { in: keys } }, select: { key: true } });
    const inits = await transaction.job.findMany({
      where: { initKey: { in: keys } },
      select: { initKey: true },
    });
    const taken = new Set([...images.map(({ key }) => key), ...inits.map(({ initKey }) => initKey)]);
    free.push(...keys.filter((key) => !taken.has(key)));
  }
  return free;
}
