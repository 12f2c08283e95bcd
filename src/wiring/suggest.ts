import { serverOf } from '../../commands/drawing/serverOf.js';
import type { AdapterTools } from '../adapters/tools.js';
import type { Models, Tools } from '../command.js';
import { schedulerNames } from '../job.js';
import type { Log } from '../log/log.js';

/**
 * Values that fit what somebody is typing: those that start so, then those that hold it.
 *
 * @example await createSuggest({ log, models, sideModels })('schedulers', 'eu', asking, 25) // ['euler', 'euler_a']
 */
export function createSuggest({
  log,
  models,
  sideModels,
}: {
  log: Log;
  models: Models;
  sideModels: Tools['sideModels'];
}): AdapterTools['suggest'] {
  return async (what, whole, { person, place }, most) => {
    // Of several LoRAs the last one is being typed.
    const [, before, typed] = (what === 'loras' && /^(.*,\s*)?(.*)$/s.exec(whole)) || [];
    const all = await values();
    const wanted = (typed ?? whole).trim().toLowerCase();
    const starts = all.filter((value) => value.toLowerCase().startsWith(wanted));
    const holds = all.filter((value) => !starts.includes(value) && value.toLowerCase().includes(wanted));
    return [...starts, ...holds].slice(0, most).map((value) => `${before ?? ''}${value}`);

    async function values(): Promise<readonly string[]> {
      if (what === 'models') return drawersIn(models);
      if (what === 'schedulers') return schedulerNames;
      if (what === 'refiners') return refinersIn(models);
      if (what === 'loras' || what === 'controlnets') return sideModels(what);
      if (what === 'styles')
        return (await log.styles(serverOf({ channel: '', ...place }))).map(({ name }) => name);
      const { jobs } = await log.find({ person: person.key }, { skip: 0, take: most });
      return jobs.map(({ id }) => id);
    }
  };
}

/** Those that draw: what only enlarges is by its button, or by its name for who knows it. */
function drawersIn(models: Models): string[] {
  return models.list().flatMap(({ name, tasks }) => (tasks.some((task) => task !== 'upscale') ? [name] : []));
}

/** Those that only go on with a picture; where there are none, all that can, if that is a choice. */
function refinersIn(models: Models): string[] {
  const able = models.list().filter(({ tasks }) => tasks.includes('picture'));
  const made = able.filter(({ tasks }) => !tasks.includes('text'));
  const best = made.length > 0 ? made : able.length > 1 ? able : [];
  return best.map(({ name }) => name);
}
