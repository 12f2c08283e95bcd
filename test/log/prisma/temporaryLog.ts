import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Log } from '../../../src/log/log.js';
import { openPrismaLog } from '../../../src/log/prisma/open.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { standingClock } from '../standingClock.js';

/** A log in a database of its own, `kiln.db`, closed after the test. */
export async function temporaryLog(folder = temporaryFolder(), clock = standingClock): Promise<Log> {
  const log = await openPrismaLog({ url: `file:${join(folder, 'kiln.db')}`, clock });
  onTestFinished(() => log.close());
  return log;
}
