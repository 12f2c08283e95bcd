import { createHash } from 'node:crypto';
import type { World } from './world.js';

/** How often a route may be called: Discord publishes none of these, so they are what has been observed. */
export interface Bucket {
  readonly limit: number;
  readonly milliseconds: number;
}

export interface Verdict {
  readonly headers: Record<string, string>;
  /** Seconds to wait, when it is too much. */
  readonly retryAfter?: number;
  readonly global?: boolean;
}

export interface Rates {
  /** Counts a request. @param major the route's top-level resource, as `123` or `123/token` */
  take(route: string, major: string, bucket: Bucket | undefined, global: boolean): Verdict;
  /** 401, 403 and 429 (but shared ones) of the last ten minutes. */
  readonly invalid: number;
  countInvalid(): void;
}

const globalPerSecond = 50;
const invalidWindow = 600_000;
const invalidMost = 10_000;

/**
 * Rate limits in real time, as discord.js waits in real time.
 *
 * @param unhurried there are none
 */
export function createRates(world: World, unhurried = false): Rates {
  const windows = new Map<string, { used: number; until: number }>();
  const invalid: number[] = [];

  function use(key: string, { limit, milliseconds }: Bucket) {
    const now = performance.now();
    const old = windows.get(key);
    const window = old && old.until > now ? old : { used: 0, until: now + milliseconds };
    windows.set(key, window);
    window.used += 1;
    return { over: window.used > limit, left: Math.max(0, limit - window.used), after: window.until - now };
  }

  return {
    take(route, major, bucket, global) {
      if (unhurried) return { headers: {} };
      if (global) {
        const { over, after } = use('global', { limit: globalPerSecond, milliseconds: 1000 });
        if (over) {
          const headers = { 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' };
          return { headers, retryAfter: after / 1000, global: true };
        }
      }
      if (!bucket) return { headers: {} };
      const { over, left, after } = use(`${route} ${major}`, bucket);
      const headers = {
        'x-ratelimit-limit': String(bucket.limit),
        'x-ratelimit-remaining': String(left),
        'x-ratelimit-reset': ((Date.now() + after) / 1000).toFixed(3),
        'x-ratelimit-reset-after': (after / 1000).toFixed(3),
        'x-ratelimit-bucket': createHash('md5').update(route).digest('hex'),
        ...(over && { 'x-ratelimit-scope': 'user' }),
      };
      return { headers, ...(over && { retryAfter: after / 1000 }) };
    },
    get invalid() {
      const since = performance.now() - invalidWindow;
      while (invalid.length > 0 && invalid[0]! < since) invalid.shift();
      return invalid.length;
    },
    countInvalid() {
      invalid.push(performance.now());
      if (this.invalid === invalidMost) {
        world.breach(`${invalidMost} invalid requests in ten minutes: Discord would ban the address`);
      }
    },
  };
}
