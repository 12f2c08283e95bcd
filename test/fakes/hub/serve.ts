import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { rangeOf } from './range.js';

/** What goes wrong with one answer. */
export interface Trouble {
  /** Answers with this and no more. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Breaks the connection after so many bytes of this answer. */
  readonly cutAfter?: number;
  /** Waits with the break until the file's bytes up to there were seen to arrive: a broken connection loses those on their way. */
  readonly arrived?: (bytes: number) => boolean;
  /** Says nothing more after so many bytes. */
  readonly stallAfter?: number;
  /** Sends this in place of the file. */
  readonly bytes?: Buffer;
  /** Takes no notice of ranges. */
  readonly whole?: boolean;
  /** Sends so many bytes, then waits ten milliseconds. */
  readonly slice?: number;
}

export interface Served {
  readonly bytes: Buffer;
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a file, or what a request asks of it, with what goes wrong meanwhile. */
export async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  file: Served,
  trouble: Trouble = {},
): Promise<void> {
  const bytes = trouble.bytes ?? file.bytes;
  const { etag } = file;
  if (trouble.status !== undefined) {
    response.writeHead(trouble.status, trouble.headers).end();
    return;
  }
  const asked = trouble.whole ? { range: undefined } : request.headers;
  const { status, from } = rangeOf(asked, { size: bytes.length, etag });
  const body = status === 416 ? Buffer.alloc(0) : bytes.subarray(from);
  response.writeHead(status, {
    'content-length': body.length,
    'accept-ranges': 'bytes',
    ...(etag !== undefined && { etag }),
    ...(status === 206 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    ...(status === 416 && { 'content-range': `bytes */${bytes.length}` }),
    ...file.headers,
    ...trouble.headers,
  });
  const end = Math.min(body.length, trouble.cutAfter ?? trouble.stallAfter ?? body.length);
  const slice = trouble.slice ?? 1 << 20;
  const closed = once(response, 'close');
  for (let at = 0; at < end && !response.destroyed; at += slice) {
    const taken = response.write(body.subarray(at, Math.min(at + slice, end)));
    if (trouble.slice !== undefined) await sleep(10);
    else if (!taken) await Promise.race([once(response, 'drain'), closed]);
  }
  if (trouble.cutAfter !== undefined) {
    // What was written is on its way first.
    await sleep(30);
    for (let waits = 0; waits < 1000 && trouble.arrived?.(from + end) === false; waits++) await sleep(5);
    response.destroy();
  } else if (trouble.stallAfter === undefined) response.end();
}
