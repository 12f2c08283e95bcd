import type { World } from './world.js';

/** Calls a minute for each method and workspace. Tier 1 is 1+, but Slack lets reconnecting apps through. */
const perMinute: Readonly<Record<string, number>> = {
  'apps.connections.open': 30,
  'auth.test': 600,
  'bots.info': 50,
  'chat.delete': 50,
  'chat.getPermalink': 600,
  'chat.postEphemeral': 100,
  'chat.update': 50,
  'conversations.history': 50,
  'conversations.info': 50,
  'conversations.open': 50,
  'conversations.replies': 50,
  'files.completeUploadExternal': 100,
  'files.delete': 50,
  'files.getUploadURLExternal': 100,
  'files.info': 100,
  'oauth.v2.access': 600,
  'reactions.add': 50,
  'team.info': 50,
  'users.info': 100,
  'views.open': 100,
  'views.publish': 100,
  'views.push': 100,
  'views.update': 100,
};

/** chat.postMessage: one a second in each channel, a few at once now and then. */
const posts = { perSecond: 1, burst: 4 };

/** So many calls within one Retry-After are no longer those that were under way. */
const hammering = 20;
const graceMilliseconds = 1000;

export interface Rates {
  /** 0 to go on, else the seconds to wait before calling again. */
  take(method: string, team: string, channel: string | undefined): number;
  /** Notes that the app was told to wait, and that it called all the same. */
  told(method: string, team: string, seconds: number): void;
}

/**
 * Slack's rate limits: a window of a minute for each method and workspace, a bucket for each channel's posts.
 *
 * @param overrides Other numbers of calls a minute; `Infinity` lifts a limit.
 */
export function createRates(world: World, overrides: Readonly<Record<string, number>> = {}): Rates {
  const windows = new Map<string, number[]>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  const waits = new Map<string, { from: number; until: number; ignored: number }>();

  function takeFromBucket(key: string): number {
    const now = world.now();
    const perSecond = (overrides['chat.postMessage'] ?? posts.perSecond * 60) / 60;
    if (perSecond === Number.POSITIVE_INFINITY) return 0;
    const bucket = buckets.get(key) ?? { tokens: posts.burst, at: now };
    bucket.tokens = Math.min(posts.burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  function takeFromWindow(key: string, most: number): number {
    const now = world.now();
    const calls = (windows.get(key) ?? []).filter((at) => at > now - 60_000);
    windows.set(key, calls);
    if (calls.length >= most) return Math.max(1, Math.ceil((calls[0]! + 60_000 - now) / 1000));
    calls.push(now);
    return 0;
  }

  return {
    take(method, team, channel) {
      if (method === 'chat.postMessage') return takeFromBucket(`${team} ${channel}`);
      return takeFromWindow(`${team} ${method}`, overrides[method] ?? perMinute[method] ?? 20);
    },
    told(method, team, seconds) {
      // Waiting is measured on the machine's clock, as the app's own timers are.
      const now = Date.now();
      const key = `${team} ${method}`;
      const wait = waits.get(key);
      if (!wait || now >= wait.until) {
        waits.set(key, { from: now, until: now + seconds * 1000, ignored: 0 });
      } else if (now > wait.from + graceMilliseconds && (wait.ignored += 1) === hammering) {
        world.breaches.add(
          'retry_after',
          `${method}: called ${hammering} times before Retry-After had passed`,
        );
      }
    },
  };
}
