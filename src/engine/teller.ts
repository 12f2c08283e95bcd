import type { DrawHooks } from './drawing.js';
import type { DrawingPreviews } from './previews.js';

/** Tells of one drawing's steps, with their previews. */
export interface Teller {
  /** Before the first step. */
  ready(): Promise<void>;
  onStep(step: number, steps: number, estimate: Float32Array): void;
  /** After it nothing is told, whatever is still being made. */
  end(): void;
}

/**
 * A step whose preview takes a while is told when that is there, but not after a later one.
 *
 * @param previews undefined where nobody wants them, or may see them
 * @example const teller = createTeller(hooks, previews.of(size)); await scheduler.run(denoise, start, schedule, { ...teller });
 */
export function createTeller(hooks: DrawHooks, previews: DrawingPreviews | undefined): Teller {
  let last = 0;
  let over = false;
  return {
    ready: async () => previews?.ready(),
    onStep(step, steps, estimate) {
      last = step;
      const preview = previews?.draw(estimate, step === steps);
      if (!(preview instanceof Promise)) {
        hooks.onProgress?.({ step, steps, preview });
        return;
      }
      preview.then((made) => {
        if (!over) hooks.onProgress?.({ step: Math.max(step, last), steps, preview: made });
      });
    },
    end() {
      over = true;
      previews?.end();
    },
  };
}
