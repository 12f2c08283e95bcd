import { readFileSync } from 'node:fs';

/**
 * Bytes of memory that only this process holds. Linux tells them apart from file pages, which mapped weights are and
 * which the system takes back when it needs them; elsewhere it is the whole resident set.
 */
export function privateMemory(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  // proc(5): "RssAnon:	  123456 kB"
  const kilobytes = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kilobytes ? Number(kilobytes) * 1024 : process.memoryUsage.rss();
}
