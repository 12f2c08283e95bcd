import type { World } from './world.js';

export interface Storm {
  /**
   * What callers get: 429 with Retry-After, a bare 5xx, or with 'lost' the call is done but its answer never
   * arrives.
   */
  status: 429 | 500 | 502 | 503 | 504 | 'lost';
  /** How long, on the fake's clock. */
  seconds?: number;
  /** How many calls. */
  count?: number;
  /** Web API methods, 'upload', 'download' or 'response_url'; left out, all of them. */
  methods?: readonly string[];
  /** What a 429 says, in seconds; 1 by default. */
  retryAfter?: number;
}

export interface Storms {
  begin(storm: Storm): void;
  /** The storm that this call gets into, and counts for. */
  over(method: string): Storm | undefined;
  end(): void;
}

/** The weather over Slack. */
export function createStorms(world: World): Storms {
  let raging: { storm: Storm; left: number; until: number }[] = [];
  return {
    begin(storm) {
      const forever = Number.POSITIVE_INFINITY;
      const until = storm.seconds === undefined ? forever : world.now() + storm.seconds * 1000;
      raging.push({ storm, left: storm.count ?? forever, until });
    },
    over(method) {
      raging = raging.filter(({ left, until }) => left > 0 && world.now() < until);
      const found = raging.find(({ storm }) => storm.methods?.includes(method) ?? true);
      if (found) found.left -= 1;
      return found?.storm;
    },
    end() {
      raging = [];
    },
  };
}
