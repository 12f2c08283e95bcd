import type { IncomingMessage } from 'node:http';
import { type Bag, bag, list, text } from './bag.js';
import type { Upload } from './messages.js';
import { Refusal } from './refusal.js';

/** Bytes that a request may have in all. */
const requestLimit = 25 * 1024 * 1024;

/**
 * A request's JSON, alone or with files as multipart/form-data.
 *
 * @throws Refusal 40005 over 25 MiB, 50109 for what is no JSON, 50035 for other forms
 */
export async function readBody(request: IncomingMessage): Promise<{
  readonly body: Bag;
  readonly entries: readonly unknown[];
  readonly uploads: readonly Upload[];
}> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read on, so that the client gets the answer instead of a broken pipe.
    if (size <= requestLimit) chunks.push(chunk);
  }
  if (size > requestLimit) throw new Refusal(40005, { detail: `the request has ${size} bytes` });
  const type = request.headers['content-type'] ?? '';
  const raw = Buffer.concat(chunks);
  if (size === 0) return { body: {}, entries: [], uploads: [] };
  if (type.startsWith('application/json')) return { ...parse(raw.toString('utf8')), uploads: [] };
  if (!type.startsWith('multipart/form-data')) {
    const detail = `Content-Type: "${type}", want "application/json" or "multipart/form-data"`;
    throw new Refusal(50035, { detail });
  }
  const form = await new Response(raw, { headers: { 'content-type': type } }).formData().catch(() => {
    throw new Refusal(50035, { detail: 'multipart body cannot be read' });
  });
  const uploads: Upload[] = [];
  let payload = '{}';
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      if (name === 'payload_json') payload = value;
      else fields[name] = value;
      continue;
    }
    const slot = /^files\[(\d+)\]$/.exec(name)?.[1] ?? name;
    const bytes = Buffer.from(await value.arrayBuffer());
    const own = value.type === '' || value.type === 'application/octet-stream';
    uploads.push({ slot, name: value.name, bytes, ...(!own && { type: value.type }) });
  }
  const parsed = parse(payload);
  return { ...parsed, body: { ...fields, ...parsed.body }, uploads };
}

/** What is worth keeping of a body in a log: all but the bytes. */
export function summary(uploads: readonly Upload[]) {
  return uploads.map(({ name, bytes }) => ({ name, size: bytes.length }));
}

function parse(json: string): { body: Bag; entries: readonly unknown[] } {
  try {
    const value: unknown = JSON.parse(json);
    return { body: bag(value), entries: list(value) };
  } catch {
    throw new Refusal(50109, { detail: text(json).slice(0, 80) });
  }
}
