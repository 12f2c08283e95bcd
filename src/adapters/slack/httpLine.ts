import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Line, LineOptions } from './start.js';

const skew = 5 * 60;

/**
 * Slack calls: everything at `/slack/events`, signed.
 *
 * @example createHttpLine({ signingSecret, port: 3000, host: '127.0.0.1', … })
 */
export function createHttpLine(options: LineOptions & { readonly signingSecret: string }): Line {
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: '/slack/events',
    logger: options.logger,
    ...options.oauth,
  });
  const server = createServer((request, response) => {
    try {
      // Bolt refuses what is too old alone.
      if (isFromTheFuture(request)) end(response, 401);
      else receiver.requestListener(request, response);
    } catch {
      end(response, 404);
    }
  });
  return {
    receiver,
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

function end(response: ServerResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status);
  response.end();
}
