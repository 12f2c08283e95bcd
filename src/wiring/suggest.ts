import { serverOf } from '../../commands/drawing/serverOf.js';
import type { AdapterTools } from '../adapters/tools.js';
import type { Models } from '../command.js';
import { schedulerNames } from '../job.js';
import type { Log } from '../log/log.js';

/**
 * Values that fit what somebody is typing: those that start so, then those that hold it.
 *
 * @example await createSuggest({ log, models })('schedulers', 'eu', asking, 25) // ['euler', 'euler_a']
 */
export function createSuggest({ log, models }: { log: Log; models: Models }): AdapterTools['suggest'] {
  return async (what, typed, { person, place }, most) => {
    const all = await values();
    const wanted = typed.trim().toLowerCase();
    const starts = all.filter((value) => value.toLowerCase().startsWith(wanted));
    const holds = all.filter((value) => !starts.includes(value) && value.toLowerCase().includes(wanted));
    return [...starts, ...holds].slice(0, most);

    async function values(): Promise<readonly string[]> {
      if (what === 'models') return models.list().map(({ name }) => name);
      if (what === 'schedulers') return schedulerNames;
      if (what === 'styles')
        return (await log.styles(serverOf({ channel: '', ...place }))).map(({ name }) => name);
      const { jobs } = await log.find({ person: person.key }, { skip: 0, take: most });
      return jobs.map(({ id }) => id);
    }
  };
}
