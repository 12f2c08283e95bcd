import type { IncomingMessage } from 'node:http';
import type { Wire } from './wire.js';

/** All bytes of a request. */
export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** The arguments of a Web API call: form or JSON; what forms carry as JSON stays a string. */
export function parseArguments(request: IncomingMessage, body: Buffer): Wire {
  const type = request.headers['content-type'] ?? '';
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://localhost').searchParams);
  if (body.length === 0) return query;
  if (type.startsWith('application/json'))
    return { ...query, ...(JSON.parse(body.toString('utf8')) as Wire) };
  if (type.startsWith('multipart/form-data')) return { ...query, ...multipart(type, body).fields };
  return { ...query, ...Object.fromEntries(new URLSearchParams(body.toString('utf8'))) };
}

/** The bytes of an upload: the body itself, or the first file of a multipart form. */
export function uploadedBytes(request: IncomingMessage, body: Buffer): Buffer {
  const type = request.headers['content-type'] ?? '';
  return type.startsWith('multipart/form-data') ? (multipart(type, body).file ?? Buffer.alloc(0)) : body;
}

function multipart(type: string, body: Buffer): { fields: Wire; file: Buffer | undefined } {
  const boundary = Buffer.from(`--${/boundary="?([^";]+)/.exec(type)?.[1]}`);
  const fields: Wire = {};
  let file: Buffer | undefined;
  let from = body.indexOf(boundary);
  while (from >= 0) {
    const to = body.indexOf(boundary, from + boundary.length);
    if (to < 0) break;
    // A part is CRLF, headers, an empty line, content, CRLF.
    const part = body.subarray(from + boundary.length + 2, to - 2);
    const split = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, split).toString('utf8');
    const content = part.subarray(split + 4);
    const name = /name="([^"]*)"/.exec(head)?.[1];
    if (/filename="/.test(head)) file ??= content;
    else if (name) fields[name] = content.toString('utf8');
    from = to;
  }
  return { fields, file };
}
