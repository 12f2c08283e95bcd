import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, createApi } from './api.js';
import { parseArguments, readAll, uploadedBytes } from './body.js';
import { fileType } from './messages.js';
import type { Uploads } from './methods/files.js';
import type { ResponseUrls } from './responseUrls.js';
import { missingScope } from './scopes.js';
import type { Storms } from './storms.js';
import type { World } from './world.js';

export interface ServerParts {
  world: World;
  api: ReturnType<typeof createApi>;
  storms: Storms;
  uploads: Uploads;
  responseUrls: ResponseUrls;
  scopes: readonly string[] | undefined;
  /** Milliseconds to hold every answer back. */
  delay(): number;
  /** Where the consent page sends a browser. */
  consent(url: string): string;
}

const html = (status: number, body: string, headers = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html', ...headers },
  body,
  lost: false,
});

/** The HTTP side of slack.com and files.slack.com, on a free port of 127.0.0.1. */
export async function startServer(parts: ServerParts) {
  const { world } = parts;

  async function answerTo(request: IncomingMessage): Promise<Answer | Buffer> {
    const { pathname } = new URL(request.url ?? '/', world.host);
    const [, area, ...rest] = pathname.split('/');
    const body = await readAll(request);
    if (area === 'api') return callApi(rest.join('/'), request, body);
    if (area === 'upload') return stormy('upload', () => takeUpload(rest[1] ?? '', request, body));
    if (area === 'response') return stormy('response_url', () => takeResponse(rest[0] ?? '', body));
    if (area === 'files-pri') return download(rest.at(0) === 'download' ? rest[1]! : rest[0]!, request);
    if (pathname === '/oauth/v2/authorize')
      return html(302, '', { location: parts.consent(`${world.host}${request.url}`) });
    return html(pathname === '/' ? 200 : 404, '<!DOCTYPE html><title>Sign in | Slack</title>');
  }

  function callApi(method: string, request: IncomingMessage, body: Buffer): Answer {
    try {
      return parts.api(method, parseArguments(request, body), request.headers.authorization);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      world.breaches.add('invalid_json', `${method}: ${error.message}`);
      return { status: 200, headers: {}, body: { ok: false, error: 'json_not_object' }, lost: false };
    }
  }

  function stormy(name: string, work: () => Answer): Answer {
    const storm = parts.storms.over(name);
    if (!storm) return work();
    if (storm.status === 'lost') return { ...work(), lost: true };
    const headers = storm.status === 429 ? { 'retry-after': `${storm.retryAfter ?? 1}` } : {};
    return html(storm.status, 'Service error', headers);
  }

  function takeUpload(ticket: string, request: IncomingMessage, body: Buffer): Answer {
    const file = parts.uploads.get(ticket);
    const bytes = uploadedBytes(request, body);
    if (!file || request.method !== 'POST') {
      world.breaches.add('upload', `${request.method} to an upload address that is not open`);
      return html(404, 'not found');
    }
    if (bytes.length !== file.length) {
      world.breaches.add('upload', `${bytes.length} bytes where ${file.length} were announced`);
      return html(400, 'bad length');
    }
    file.bytes = bytes;
    world.changed();
    return html(200, `OK - ${bytes.length}`);
  }

  function takeResponse(ticket: string, body: Buffer): Answer {
    try {
      const said = JSON.parse(body.toString('utf8'));
      const { status, body: answer } = parts.responseUrls.post(ticket, said);
      return { status, headers: { 'content-type': 'application/json' }, body: answer, lost: false };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      world.breaches.add('response_url', `not JSON: ${error.message}`);
      return html(400, 'invalid_payload');
    }
  }

  function download(name: string, request: IncomingMessage): Answer | Buffer {
    const storm = parts.storms.over('download');
    if (storm && storm.status !== 'lost') return html(storm.status, 'Service error');
    const file = [...world.files.values()].find((one) => `${one.team}-${one.id}` === name);
    const value = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
    const token = world.tokens.get(value ?? '');
    if (!token || token.refused || token.team !== file?.team) {
      // Slack sends whoever has no right to a file to the sign-in page, not an error.
      if (!value) world.breaches.add('download', `${name} without a token`);
      return html(302, '', { location: `${world.host}/?redir=${encodeURIComponent(request.url ?? '')}` });
    }
    const missing = missingScope('download', parts.scopes);
    if (missing) {
      world.breaches.add('missing_scope', `downloading needs ${missing}`);
      return html(403, 'missing_scope');
    }
    return file.deleted || !file.bytes ? html(404, 'not found') : file.bytes;
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const answer = await answerTo(request);
    if (parts.delay() > 0) await new Promise((resolve) => setTimeout(resolve, parts.delay()).unref());
    if (Buffer.isBuffer(answer)) {
      response.writeHead(200, { 'content-type': fileType(answer).mimetype, 'content-length': answer.length });
      response.end(answer);
      return;
    }
    if (answer.lost) {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      // A request that was cut off is the caller's business; all else is a defect of the fake's.
      if (!request.complete) return;
      world.breaches.add('fake', `${request.url}: ${error instanceof Error ? error.stack : error}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world.host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return server;
}
