import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTPReceiver } from '@slack/bolt';
import type { Line, LineOptions } from './line.js';

const path = '/slack/events';
const skew = 5 * 60;
const mostBytes = 4 * 2 ** 20;

/**
 * Slack calls: everything at `/slack/events`, signed.
 *
 * @example createHttpLine({ signingSecret, port: 3000, host: '127.0.0.1', … })
 */
export function createHttpLine(options: LineOptions & { readonly signingSecret: string }): Line {
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: path,
    logger: options.logger,
    ...options.oauth,
  });

  async function listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      // Bolt refuses what is too old alone, and trips over what is no object.
      if (isFromTheFuture(request)) return end(response, 401);
      const rawBody = await readBody(request);
      if (!rawBody) return end(response, 413);
      if (!isObject(request, rawBody)) return end(response, 400);
      Object.assign(request, { rawBody });
    }
    receiver.requestListener(request, response);
  }

  const server = createServer((request, response) => {
    listen(request, response).catch(() => end(response, 404));
  });
  return {
    receiver,
    get address() {
      const bound = server.address() as AddressInfo | null;
      return bound ? `http://${options.host}:${bound.port}${path}` : undefined;
    },
    get connected() {
      return server.listening;
    },
    start: () =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, options.host, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    stop: () =>
      new Promise<void>((resolve) => {
        if (!server.listening) {
          resolve();
          return;
        }
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function isFromTheFuture(request: IncomingMessage): boolean {
  const sent = Number(request.headers['x-slack-request-timestamp'] ?? 0);
  // The machine's own time, as Bolt compares with it too.
  return sent > Date.now() / 1000 + skew;
}

/** The whole body; undefined when it is more than Slack sends. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > mostBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function isObject(request: IncomingMessage, body: Buffer): boolean {
  const text = body.toString('utf8');
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
  const json = isForm ? new URLSearchParams(text).get('payload') : text;
  if (json === null) return true;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function end(response: ServerResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status);
  response.end();
}
