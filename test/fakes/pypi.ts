import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { serve, type Trouble } from './hub/serve.js';

/** A package index on this machine, and the host that its files come from. */
export interface FakePypi {
  /** As `PIP_INDEX_URL`. */
  readonly index: string;
  /** Requests, as `files /packages/x.whl`. */
  readonly asked: { readonly what: string; readonly headers: IncomingMessage['headers'] }[];
  /** Wheels by their names. */
  readonly wheels: Map<string, Buffer>;
  /** What pages are: PEP 691's JSON, or PEP 503's HTML with addresses from the host's root, as mirrors have them. */
  form: 'json' | 'html';
  /** What HTML pages have before their links. */
  before: string;
  /** Name and password that the index asks for. */
  login?: string;
  /** Asked before each answer with a file. */
  trouble: (name: string, before: number) => Trouble | undefined;
}

/**
 * Starts an index that has any wheel under any project. It ends with the test.
 *
 * @example const pypi = await startPypi(); pypi.wheels.set('x-1-py3-none-any.whl', bytes);
 */
export async function startPypi(): Promise<FakePypi> {
  const pypi: FakePypi = {
    ...{ index: '', asked: [], wheels: new Map(), form: 'json', before: '', trouble: () => undefined },
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://x');
    const name = decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1));
    const before = pypi.asked.filter(({ what }) => what === pathname).length;
    pypi.asked.push({ what: pathname, headers: request.headers });
    const login = pypi.login && `Basic ${Buffer.from(pypi.login).toString('base64')}`;
    if (login && request.headers.authorization !== login) return void response.writeHead(401).end();
    if (/^\/simple\/[\w-]+\/$/.test(pathname)) {
      response.setHeader(
        'content-type',
        pypi.form === 'json' ? 'application/vnd.pypi.simple.v1+json' : 'text/html',
      );
      return void response.end(page(pypi));
    }
    const bytes = pathname.startsWith('/packages/') ? pypi.wheels.get(name) : undefined;
    if (!bytes) return void response.writeHead(404).end();
    const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
    await serve(request, response, { bytes, etag }, pypi.trouble(name, before));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return Object.assign(pypi, { index: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple` });
}

function page({ wheels, form, index, before }: FakePypi): string {
  const names = [...wheels.keys()];
  const origin = index.slice(0, -'/simple'.length);
  if (form === 'json') {
    return JSON.stringify({
      meta: { 'api-version': '1.1' },
      files: names.map((filename) => ({ filename, url: `${origin}/packages/ab/${filename}`, hashes: {} })),
    });
  }
  const links = names.map(
    (name) =>
      `<a data-x="1"\n href="../../packages/ab/${encodeURIComponent(name)}#sha256=00">${name}</a><br/>`,
  );
  return `<!DOCTYPE html><html><body><h1>Links</h1>${before}<a href="/">up</a>${links.join('\n')}</body></html>`;
}
