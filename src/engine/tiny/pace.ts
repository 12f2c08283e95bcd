/** Says when a preview may be made, so that previews take at most a share of the time, of all drawings together. */
export interface Pace {
  /** One drawing; it asks from its first step to its last. */
  drawing(): PacedDrawing;
}

export interface PacedDrawing {
  /** Runs the work when it is this drawing's turn and the time for it has come; undefined when not. */
  take<Value>(work: () => Promise<Value>): Promise<Value> | undefined;
  /** Asks no more. */
  end(): void;
}

/**
 * Work that took `cost` milliseconds the last time may begin when so much time has passed, since its drawing began and
 * since work last ended, that `cost` is at most `share` of both together. What it costs is not known before the
 * first time, which may begin at once. Drawings take turns.
 *
 * @param share of the time, as 0.05
 * @param now milliseconds, of any beginning
 * @example const preview = createPace(0.05).drawing().take(() => decoder.decode(latents, size));
 */
export function createPace(share: number, now: () => number = () => performance.now()): Pace {
  /** How often each drawing had its turn; one that comes later begins where the others are. */
  const turns = new Map<PacedDrawing, number>();
  let cost = 0;
  let ended = Number.NEGATIVE_INFINITY;
  let busy = false;

  async function timed<Value>(work: () => Promise<Value>): Promise<Value> {
    const began = now();
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
      ended = now();
      cost = ended - began;
    }
  }

  return {
    drawing() {
      const began = now();
      const drawing: PacedDrawing = {
        take(work) {
          const fewest = turns.size === 0 ? 0 : Math.min(...turns.values());
          const mine = turns.get(drawing) ?? fewest;
          turns.set(drawing, mine);
          const early = now() - Math.max(began, ended) < cost / share - cost;
          if (busy || early || mine > fewest) return undefined;
          turns.set(drawing, mine + 1);
          return timed(work);
        },
        end: () => turns.delete(drawing),
      };
      return drawing;
    },
  };
}
