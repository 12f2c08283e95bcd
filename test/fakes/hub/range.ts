import type { IncomingHttpHeaders } from 'node:http';

/** What of `size` bytes a request asks for, as a careful server reads it: RFC 9110 §13.1.5 and §14. */
export function rangeOf(
  headers: IncomingHttpHeaders,
  { size, etag }: { readonly size: number; readonly etag: string | undefined },
): { readonly status: 200 | 206 | 416; readonly from: number } {
  const start = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
  const condition = headers['if-range'];
  if (start === undefined || (condition !== undefined && condition !== etag)) return { status: 200, from: 0 };
  const from = Number(start);
  return from >= size ? { status: 416, from: 0 } : { status: 206, from };
}
