import type { Ask } from './arrivals.js';

/** What draws: Kiln's engine, or what stands for it. */
export interface Studio {
  /** Jobs worth drawing at once, as it was measured. */
  readonly slots: number;
  /** Draws a picture like that; gives the most other jobs that shared one of its calls. */
  draw(ask: Ask): Promise<number>;
}
