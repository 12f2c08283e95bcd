import type { Clock } from '../../clock.js';
import type { Log } from '../log.js';
import { createAccept } from './accept.js';
import { connect } from './connect.js';
import { createErase } from './erase.js';
import { createFind } from './find.js';
import { createLane } from './lane.js';
import { createPrivacy } from './privacy.js';
import { createSettings } from './settings.js';
import { createSmall } from './small.js';
import { createStates } from './states.js';
import { createStats } from './stats.js';
import { unnamed } from './unnamed.js';

/**
 * Opens the log in a database, which is made or brought up to date first.
 *
 * @param options.url where it is, as `file:data/kiln.db`
 * @param options.beside another process has the data folder and writes: only look, as `kiln stats` does
 * @throws UserError `bad-option` when a newer Kiln has written it
 * @example const log = await openPrismaLog({ url: 'file:data/kiln.db', clock: systemClock });
 */
export async function openPrismaLog({
  url,
  clock,
  beside = false,
}: {
  url: string;
  clock: Clock;
  beside?: boolean;
}): Promise<Log> {
  const client = await connect(url, clock.now());
  const lane = createLane();
  return {
    accept: await createAccept(client, lane, clock),
    ...createStates(client, lane, clock),
    ...createFind(client),
    ...createSettings(client, lane),
    ...createSmall(client, lane, clock),
    ...createPrivacy(client, await createErase({ client, lane, url, clock, beside })),
    unnamed: (keys) => lane(() => unnamed(client, keys)),
    stats: createStats(client),
    close: () => lane(() => client.$disconnect()),
  };
}
