import type { Clock } from '../../clock.js';

/** How often messages may be edited, as Discord's rate-limit headers have it. */
export interface Pace {
  /** Milliseconds between two edits at the least, for a message that these resources limit. */
  interval(resources: readonly string[]): number;
  /** Learns from an answer of Discord's. */
  learn(url: string, headers: { get(name: string): string | null }): void;
  /** Learns from a request that had to wait. */
  limited(resource: string, retryAfter: number): void;
}

/** No message is edited more often for progress. */
const usual = 3000;
const longest = 30_000;
/** After so long without a limit the usual interval holds again. */
const forgiven = 60_000;
/** So many edits of a bucket are left to what is final. */
const kept = 1;

/**
 * @example
 * pace.learn('https://discord.com/api/v10/webhooks/1/token/messages/@original', response.headers);
 * pace.interval(['1/token']) // 3000, or longer where that bucket is nearly empty
 */
export function createPace(clock: Clock): Pace {
  const slow = new Map<string, { interval: number; until: number }>();

  const delay = (resource: string, interval: number, until: number) => {
    // Old ones go, so that a year of interactions does not stay.
    for (const [name, limit] of slow) if (limit.until < clock.now()) slow.delete(name);
    slow.set(resource, { interval: Math.min(longest, interval), until });
  };

  return {
    interval(resources) {
      const now = clock.now();
      const limits = resources.map((name) => slow.get(name)).filter((limit) => limit && limit.until >= now);
      return Math.max(usual, ...limits.map((limit) => limit!.interval));
    },

    learn(url, headers) {
      const resource = resourceOf(url);
      const remaining = headers.get('x-ratelimit-remaining');
      const resetAfter = Number(headers.get('x-ratelimit-reset-after') ?? 0) * 1000;
      if (!resource || remaining === null || Number(remaining) > kept || resetAfter <= usual) return;
      delay(resource, resetAfter, clock.now() + resetAfter);
    },

    limited(resource, retryAfter) {
      const before = slow.get(resource)?.interval ?? usual;
      delay(resource, Math.max(before * 2, retryAfter), clock.now() + forgiven);
    },
  };
}

/** What discord.js calls the major parameter: a webhook with its token, or a channel. */
function resourceOf(url: string): string | undefined {
  const [, webhook, channel] =
    /\/webhooks\/(\d+\/[^/?]+)\/messages|\/channels\/(\d+)\/messages/.exec(url) ?? [];
  return webhook ?? channel;
}
