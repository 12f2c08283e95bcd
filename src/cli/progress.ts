import type { Progress } from '../job.js';
import { openBar } from './bar.js';
import type { Surroundings } from './command.js';

/** Tells on a terminal how far several draws are; elsewhere says nothing. */
export interface ProgressBar {
  /** Told after each step of the draw of that index. */
  step(index: number, progress: Progress): void;
  /** Takes the bar away, so that what follows starts on a clean line. */
  stop(): void;
}

/**
 * @param count how many draws there are
 * @example const bar = await startProgress(stderr, 'sprite', 4); bar.step(0, { step: 1, steps: 20 }); bar.stop();
 */
export async function startProgress(
  stderr: Surroundings['stderr'],
  model: string,
  count: number,
): Promise<ProgressBar> {
  const bar = await openBar(stderr, '{doing} {bar} {value}/{total}');
  if (!bar) return { step() {}, stop() {} };
  const done = new Map<number, number>();
  bar.start(1, 0, { doing: `Opening ${model}` });
  return {
    step(index, { step, steps }) {
      done.set(index, step);
      bar.setTotal(steps * count);
      bar.update(
        [...done.values()].reduce((sum, steps) => sum + steps, 0),
        { doing: 'Drawing' },
      );
    },
    stop: () => bar.stop(),
  };
}
