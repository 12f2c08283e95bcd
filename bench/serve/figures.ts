import type { Served } from './policies.js';

/** Of one policy at one load. */
export interface Figures {
  /** Seconds from asked to drawn: half of all took no longer, 95 and 99 of 100. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly images_per_minute: number;
  /** The part of requests that shared a call with another. */
  readonly shared: number;
}

/** @example figuresOf(served).p95; // 12.4 */
export function figuresOf(served: readonly Served[]): Figures {
  const waits = served.map(({ ask, drawn }) => (drawn - ask.at) / 1000).sort((a, b) => a - b);
  const at = (share: number) => waits[Math.ceil(share * waits.length) - 1]!;
  const end = Math.max(...served.map(({ drawn }) => drawn));
  return {
    ...{ p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    images_per_minute: (60_000 * served.length) / end,
    shared: served.filter(({ mates }) => mates > 0).length / served.length,
  };
}
