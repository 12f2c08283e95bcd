import type { ModelInfo } from '../command.js';
import { UserError } from '../errors.js';
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

/** A ControlNet is half of a U-Net, run beside it. */
const withControl = 1.4;
/** What a quality leaves of the work, about: docs/quality.md. */
const left = { balanced: 0.6, fast: 0.3 } as const;

/** How much hires fix redraws when nothing is said. */
const redrawn = 0.7;

/** How many times the work of a drawing it is; a refiner's steps are taken from the model's own. */
function passes({ hires, control, quality }: JobOptions): number {
  const enlarged = hires ? hires.scale ** 2 * (hires.strength ?? redrawn) : 0;
  return (1 + enlarged) * (control ? withControl : 1) * (quality ? left[quality] : 1);
}

/**
 * @param model what is known of a model, for the sizes that options leave out
 * @example createCosts(log, models.get).of(job.options)
 */
export function createCosts(log: Pick<Log, 'usualCost'>, model: (name: string) => ModelInfo): Costs {
  /** Milliseconds of one picture in the model's usual number of steps. */
  const each = new Map<string, number>();

  /** Undefined for a model that is not there any more: its jobs end before they are drawn. */
  function keyOf(options: JobOptions): { key: string; pixels: number; work: number } | undefined {
    try {
      const preset = model(options.model);
      const pixels = (options.width ?? preset.width) * (options.height ?? preset.height);
      return {
        key: `${options.model} ${pixels}`,
        pixels,
        work: ((options.steps ?? preset.steps) / preset.steps) * passes(options),
      };
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  return {
    of(options) {
      const like = keyOf(options);
      if (!like) return 0;
      const { key, pixels, work } = like;
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
      return (known ?? unknown) * options.count * work;
    },

    learn({ options }, milliseconds) {
      const like = keyOf(options);
      if (!like) return;
      const { key, work } = like;
      const now = milliseconds / options.count / work;
      const before = each.get(key);
      each.set(key, before === undefined || before === unknown ? now : before + share * (now - before));
    },
  };
}
