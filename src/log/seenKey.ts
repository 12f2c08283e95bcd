import { createHash } from 'node:crypto';

/** What is kept of an event's key: enough to know it again, nothing to read from it. */
export function seenKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
