import { existsSync } from 'node:fs';
import { systemClock } from '../clock.js';
import type { Config } from '../config/config.js';
import { UserError } from '../errors.js';
import type { Log } from '../log/log.js';
import { openPrismaLog } from '../log/prisma/open.js';

/**
 * The log of a Kiln that may be running: SQLite lets others read while it writes.
 *
 * @throws UserError `not-found` where no Kiln has been started yet
 */
export async function openLog({ databaseUrl }: Pick<Config, 'databaseUrl'>): Promise<Log> {
  const file = databaseUrl.startsWith('file:') ? databaseUrl.slice('file:'.length) : undefined;
  if (file !== undefined && !existsSync(file)) {
    throw new UserError(
      'not-found',
      `Cannot read the log: there is no ${file}, want one that kiln start has made`,
    );
  }
  return openPrismaLog({ url: databaseUrl, clock: systemClock, beside: true });
}
