/** One rule of Slack's that the app broke. */
export interface Breach {
  /** A short name: 'ack', 'invalid_blocks', 'response_url', 'unknown_method' … */
  rule: string;
  /** What happened, in words. */
  detail: string;
}

export interface Breaches {
  readonly all: Breach[];
  /** Breaches of rules that were tolerated while they happened. */
  readonly tolerated: Breach[];
  add(rule: string, detail: string): void;
  /** From now on breaches of the rule do not count; the function it gives ends that. */
  tolerate(rule: string): () => void;
  assertNone(): void;
}

/**
 * Keeps the book of broken rules.
 *
 * @example
 * const breaches = createBreaches();
 * breaches.add('ack', 'app_mention: no answer within 3 s');
 * breaches.assertNone(); // throws
 */
export function createBreaches(): Breaches {
  const all: Breach[] = [];
  const tolerated: Breach[] = [];
  const tolerances: string[] = [];
  return {
    all,
    tolerated,
    add(rule, detail) {
      (tolerances.includes(rule) ? tolerated : all).push({ rule, detail });
    },
    tolerate(rule) {
      tolerances.push(rule);
      return () => {
        const at = tolerances.indexOf(rule);
        if (at >= 0) tolerances.splice(at, 1);
      };
    },
    assertNone() {
      if (all.length === 0) return;
      throw new Error(
        `Slack's rules broken:\n${all.map((one) => `  ${one.rule}: ${one.detail}`).join('\n')}`,
      );
    },
  };
}
