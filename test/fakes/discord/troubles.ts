/** Trouble that a test makes. */
export interface Storm {
  /**
   * 429 says to wait; `reset` and `close` end the connection without an answer. discord.js tries again after a reset,
   * but not after a close.
   */
  readonly status: 429 | 500 | 502 | 503 | 'reset' | 'close';
  /** Ends after so many real seconds … */
  readonly seconds?: number;
  /** … or so many requests. */
  readonly count?: number;
  /** Which requests, as `PATCH /webhooks/1/token/messages/@original`; all of them when left out. */
  readonly routes?: RegExp;
  /** Seconds that a 429 asks to wait, 0.3 when left out. */
  readonly retryAfter?: number;
  /** A 429 for everything rather than for the route. */
  readonly global?: boolean;
  /** A 429 that is not the bot's doing. */
  readonly shared?: boolean;
  /** The request is carried out, and only its answer lost. */
  readonly carriedOut?: boolean;
}

export interface Troubles {
  storm(storm: Storm): void;
  slow(milliseconds: number, routes?: RegExp): void;
  calm(): void;
  /** The storm that a request runs into, if any; counts it. */
  meet(request: string): Storm | undefined;
  delay(request: string): Promise<void>;
}

/** Calm until a test says otherwise. */
export function createTroubles(): Troubles {
  let storms: { storm: Storm; left: number; until: number }[] = [];
  let slowness: { milliseconds: number; routes?: RegExp } = { milliseconds: 0 };
  return {
    storm(storm) {
      const until = performance.now() + (storm.seconds ?? Number.POSITIVE_INFINITY) * 1000;
      storms.push({ storm, left: storm.count ?? Number.POSITIVE_INFINITY, until });
    },
    slow(milliseconds, routes) {
      slowness = { milliseconds, routes };
    },
    calm() {
      storms = [];
      slowness = { milliseconds: 0 };
    },
    meet(request) {
      storms = storms.filter(({ left, until }) => left > 0 && until > performance.now());
      const met = storms.find(({ storm }) => !storm.routes || storm.routes.test(request));
      if (met) met.left -= 1;
      return met?.storm;
    },
    async delay(request) {
      const { milliseconds, routes } = slowness;
      if (milliseconds > 0 && (!routes || routes.test(request))) {
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
      }
    },
  };
}
