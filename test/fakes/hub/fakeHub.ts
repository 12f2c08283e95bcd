import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type FakeRepo, isLarge, revisionOf, sha256, treeOf } from './repos.js';
import { type Served, serve, type Trouble } from './serve.js';

/** A request that came, by the host that it came to. */
export interface Asked {
  readonly host: 'hub' | 'cdn';
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** How many came for that path before. */
  readonly before: number;
}

/** A Hugging Face hub on this machine, and the host that its large files come from. */
export interface FakeHub {
  readonly endpoint: string;
  readonly cdn: string;
  readonly asked: readonly Asked[];
  /** Answers 403 to anybody without it where a repo is gated. */
  readonly token: string;
  repos: FakeRepo[];
  /** Files of the CDN's host, by path, for pulls by address. */
  readonly loose: Map<string, Served>;
  /** Asked before each answer. */
  trouble: (asked: Asked) => Trouble | undefined;
}

const pageLength = 5;

/**
 * Starts a hub with the API that kiln pull uses: `/api/models/…/revision/…`, `…/tree/…` in pages, `/resolve/` with a
 * redirect to another host for what Git LFS keeps. It ends with the test.
 *
 * @example const hub = await startHub([{ id: 'o/r', files: { 'model_index.json': '{}' } }]);
 */
export async function startHub(repos: FakeRepo[] = []): Promise<FakeHub> {
  const asked: Asked[] = [];
  const hub: FakeHub & { asked: Asked[] } = {
    ...{ endpoint: '', cdn: '', asked, token: 'hf_right', repos, loose: new Map(), trouble: () => undefined },
  };
  const listen = async (host: Asked['host'], answer: Answer) => {
    const server = createServer((request, response) => {
      const path = decodeURI(new URL(request.url!, 'http://x').pathname);
      const before = asked.filter((one) => one.host === host && one.path === path).length;
      const one = { host, path, headers: request.headers, before };
      asked.push(one);
      const trouble = hub.trouble(one);
      answer(hub, request, response, trouble).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => closed(server));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const addresses = { endpoint: await listen('hub', answerHub), cdn: await listen('cdn', answerCdn) };
  return Object.assign(hub, addresses);
}

type Answer = (
  hub: FakeHub,
  request: IncomingMessage,
  response: ServerResponse,
  trouble: Trouble | undefined,
) => Promise<void>;

async function answerHub(
  hub: FakeHub,
  request: IncomingMessage,
  response: ServerResponse,
  trouble?: Trouble,
) {
  const url = new URL(request.url!, hub.endpoint);
  const [, api, id, rest] = /^(\/api\/models)?\/([^/]+\/[^/]+)\/(.*)$/.exec(url.pathname) ?? [];
  const [way, asked = '', ...parts] = (rest ?? '').split('/').map(decodeURIComponent);
  const refuse = (status: number, code: string) => {
    response.writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: code }));
  };
  if (trouble?.status !== undefined) return serve(request, response, { bytes: Buffer.alloc(0) }, trouble);
  const repo = hub.repos.find((one) => one.id === id);
  const known = request.headers.authorization === `Bearer ${hub.token}`;
  if (!repo || (repo.private && !known)) return refuse(401, 'RepoNotFound');
  const revision = revisionOf(repo, asked);
  if (!revision) return refuse(404, 'RevisionNotFound');
  const { commit, files } = revision;

  if (api && way === 'revision') {
    const cardData = repo.licence === undefined ? undefined : { license: repo.licence };
    const info = {
      _id: '1',
      id,
      sha: commit,
      gated: repo.gated ? 'auto' : false,
      cardData,
      tags: [],
      lastModified: 0,
    };
    return serve(request, response, { bytes: json(info) }, trouble);
  }
  if (api && way === 'tree') {
    const entries = repo.listed?.(treeOf(files)) ?? treeOf(files);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = new URL(url);
    next.searchParams.set('cursor', String(from + pageLength));
    const link: Record<string, string> =
      from + pageLength < entries.length ? { link: `<${next.href}>; rel="next"` } : {};
    return serve(
      request,
      response,
      { bytes: json(entries.slice(from, from + pageLength)), headers: link },
      trouble,
    );
  }
  if (way !== 'resolve') return refuse(404, 'EntryNotFound');
  if (repo.gated && !known) return refuse(request.headers.authorization ? 403 : 401, 'GatedRepo');
  const bytes = files.get(parts.join('/'));
  if (!bytes) return refuse(404, 'EntryNotFound');
  if (!isLarge(parts.join('/'), bytes))
    return serve(request, response, { bytes, etag: `"${sha256(bytes)}"` }, trouble);
  const path = `/lfs/${id}/${parts.join('/')}`;
  hub.loose.set(path, { bytes, etag: `"${sha256(bytes)}-cdn"` });
  response.writeHead(302, {
    location: trouble?.headers?.location ?? `${hub.cdn}${path}?X-Amz-Signature=s`,
    'x-linked-etag': `"${sha256(bytes)}"`,
    'x-linked-size': bytes.length,
    'x-repo-commit': commit,
  });
  response.end();
}

async function answerCdn(
  hub: FakeHub,
  request: IncomingMessage,
  response: ServerResponse,
  trouble?: Trouble,
) {
  const file = hub.loose.get(decodeURI(new URL(request.url!, hub.cdn).pathname));
  if (file || trouble?.status) return serve(request, response, file ?? { bytes: Buffer.alloc(0) }, trouble);
  response.writeHead(404).end();
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
