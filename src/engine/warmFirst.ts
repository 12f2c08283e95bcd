import type { Size } from './drawing.js';

/** Who may draw while a model warms up. */
export interface WarmFirst {
  /** From here on whoever asks for one of these sizes waits for it. */
  hold(sizes: readonly Size[]): void;
  /** Those who wait for this size may draw. */
  release(size: Size): void;
  /** Resolves once a size is held no more: at once for one that never was. */
  passed(size: Size): Promise<void>;
}

/**
 * Holds back what is asked for while a model warms up at that size, so that nobody's picture is the one that loads the
 * networks: drawn together with the warming picture it would wait for the same, and for its own steps in larger calls.
 *
 * @example
 * const first = createWarmFirst();
 * first.hold([{ width: 512, height: 512 }]);
 * await first.passed({ width: 512, height: 512 }); // until first.release({ width: 512, height: 512 })
 */
export function createWarmFirst(): WarmFirst {
  const held = new Map<string, { readonly until: Promise<void>; readonly release: () => void }>();
  const keyOf = ({ width, height }: Size) => `${width}×${height}`;
  return {
    hold(sizes) {
      for (const size of sizes) {
        if (held.has(keyOf(size))) continue;
        let release = () => {};
        const until = new Promise<void>((resolve) => {
          release = resolve;
        });
        held.set(keyOf(size), { until, release });
      }
    },
    release(size) {
      held.get(keyOf(size))?.release();
      held.delete(keyOf(size));
    },
    async passed(size) {
      await held.get(keyOf(size))?.until;
    },
  };
}
