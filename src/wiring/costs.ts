import type { ModelInfo } from '../command.js';
import type { Job, JobOptions, Log } from '../log/log.js';

/** How long drawings take here, from those that were drawn. */
export interface Costs {
  /** Expected milliseconds. */
  of(options: JobOptions): number;
  /** A job was drawn in that many. */
  learn(job: Job, milliseconds: number): void;
}

/** Before anything is known: an everyday picture on a modest machine. */
const unknown = 5000;
/** Weight of the newest: a changed machine is believed after a few jobs. */
const share = 0.3;

/**
 * @param model what is known of a model, for the sizes that options leave out
 * @example createCosts(log, models.get).of(job.options)
 */
export function createCosts(log: Pick<Log, 'usualCost'>, model: (name: string) => ModelInfo): Costs {
  const each = new Map<string, number>();

  function keyOf(options: JobOptions): { key: string; pixels: number } {
    const preset = model(options.model);
    const pixels = (options.width ?? preset.width) * (options.height ?? preset.height);
    return { key: `${options.model} ${pixels}`, pixels };
  }

  return {
    of(options) {
      const { key, pixels } = keyOf(options);
      const known = each.get(key);
      if (known === undefined) {
        each.set(key, unknown);
        log.usualCost(options.model, pixels).then(
          (usual) => {
            if (usual !== undefined && each.get(key) === unknown) each.set(key, usual);
          },
          () => {},
        );
      }
      return (known ?? unknown) * options.count;
    },

    learn({ options }, milliseconds) {
      const { key } = keyOf(options);
      const now = milliseconds / options.count;
      const before = each.get(key);
      each.set(key, before === undefined || before === unknown ? now : before + share * (now - before));
    },
  };
}
