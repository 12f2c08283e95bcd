import { randomInt } from 'node:crypto';
import type { Clock } from '../clock.js';

// Crockford's base 32 in lower case: nothing that looks like something else, and in the order of ASCII.
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 10;
// 50 bits: milliseconds since 2024 until 2093, and 9 bits for those of one millisecond.
const since = Date.UTC(2024, 0, 1);
const perMillisecond = 512;

/**
 * Makes ids of ten characters, each greater than all before it, whatever the clock does. Two processes may make the
 * same one: whoever stores it tries another then.
 *
 * @param last the greatest id there was, to go on after
 * @example createJobIds(systemClock)() // '1p7vd3w8g4'
 */
export function createJobIds(clock: Pick<Clock, 'now'>, last?: string): () => string {
  let value = last === undefined ? -1 : parse(last);
  return () => {
    // Random in the lower half only, so that a burst in one millisecond does not run into the next.
    const timely = (clock.now() - since) * perMillisecond + randomInt(perMillisecond / 2);
    value = Math.max(value + 1, timely, 0);
    return write(value);
  };
}

function write(value: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = digits[rest % 32] + text;
  return text;
}

function parse(id: string): number {
  return [...id].reduce((value, digit) => value * 32 + digits.indexOf(digit), 0);
}
