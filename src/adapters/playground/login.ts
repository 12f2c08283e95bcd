import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../clock.js';

/** How long a browser stays logged in. */
export const loginLasts = 30 * 24 * 60 * 60 * 1000;

const window = 60_000;
const triesEach = 5;
const triesOfAll = 300;

/** Logging in with one token. */
export interface Login {
  /** A cookie's value for that name; undefined for a wrong token, or `wait` after too many. */
  enter(token: string, name: string, address: string): string | 'wait' | undefined;
  /** The name that a cookie was made for; undefined when it was not made here, or is too old. */
  nameOf(cookie: string | undefined): string | undefined;
  /** Whether a header `Authorization: Bearer …` has the token, for what scrapes /metrics. Counts as a try. */
  bears(header: string | undefined, address: string): boolean;
}

/**
 * Logins that need no memory: a cookie carries its name and end, signed with the token, and holds until either changes.
 *
 * @example createLogin('a long token', systemClock).enter('a long token', 'Ada', '192.0.2.7')
 */
export function createLogin(token: string, clock: Clock): Login {
  /** Failures of each address in this window, and of all. */
  let failures = new Map<string, number>();
  let began = 0;
  let failed = 0;

  const sign = (words: string) => createHmac('sha256', token).update(words).digest('base64url');

  /** Undefined after too many failures, without a look at the token. */
  function fits(given: string, address: string): boolean | undefined {
    if (clock.now() - began >= window) {
      failures = new Map();
      failed = 0;
      began = clock.now();
    }
    if ((failures.get(address) ?? 0) >= triesEach || failed >= triesOfAll) return undefined;
    if (same(given, token)) return true;
    failures.set(address, (failures.get(address) ?? 0) + 1);
    failed += 1;
    return false;
  }

  return {
    enter(given, name, address) {
      const right = fits(given, address);
      if (right === undefined) return 'wait';
      if (!right) return undefined;
      const words = `${Buffer.from(name).toString('base64url')}.${clock.now() + loginLasts}`;
      return `${words}.${sign(words)}`;
    },
    nameOf(cookie) {
      const [, words, name, end, signature] =
        /^(([\w-]{1,200})\.(\d{1,16}))\.([\w-]{1,100})$/.exec(cookie ?? '') ?? [];
      if (words === undefined || !same(signature!, sign(words)) || Number(end) < clock.now())
        return undefined;
      return Buffer.from(name!, 'base64url').toString();
    },
    bears(header, address) {
      const given = /^Bearer (.{1,500})$/i.exec(header ?? '')?.[1];
      return given !== undefined && fits(given, address) === true;
    },
  };
}

/** In a time that tells nothing, of the length neither. */
function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
