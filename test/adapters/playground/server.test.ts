import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PlaygroundOptions } from '../../../src/adapters/playground/adapter.js';
import { isLoopback } from '../../../src/adapters/playground/guard.js';
import { answering, drawn, openPlayground, post, raw } from './playground.js';

const word = (key = randomUUID()) => ({ key, text: 'a red heart' });

describe('who may come in', () => {
  test.each([
    ['its own address', (port: number) => `127.0.0.1:${port}`, 200],
    ['localhost', (port: number) => `localhost:${port}`, 200],
    ['the loopback of IPv6', (port: number) => `[::1]:${port}`, 200],
    ['another port', (port: number) => `127.0.0.1:${port + 1}`, 403],
    ['no port', () => '127.0.0.1', 403],
    ['a rebound name', (port: number) => `evil.example:${port}`, 403],
    ['a name that starts like its own', (port: number) => `127.0.0.1.evil.example:${port}`, 403],
    ['a name that ends like its own', (port: number) => `evil-localhost:${port}`, 403],
    ['somebody before it', (port: number) => `you@127.0.0.1:${port}`, 400],
  ])('a request for %s', async (_name, host, status) => {
    const { port } = await openPlayground();
    for (const path of ['/', '/healthz', '/events?', '/metrics'].slice(0, status === 200 ? 2 : 4)) {
      expect((await raw(port, path, { host: host(port) })).status, path).toBe(status);
    }
  });

  test.each<[string, (url: string) => Record<string, string>, number]>([
    ['its own page', (url) => ({ origin: url }), 200],
    ['its own page, as the browser says', () => ({ 'sec-fetch-site': 'same-origin' }), 200],
    ["a person's own doing", () => ({ 'sec-fetch-site': 'none' }), 200],
    ['nobody who says so', () => ({}), 403],
    ["another site's page", () => ({ origin: 'https://evil.example' }), 403],
    ['another port', (url) => ({ origin: `${url}1` }), 403],
    ['a sandboxed frame', () => ({ origin: 'null' }), 403],
    [
      'another site that says it is this one',
      (url) => ({ origin: url, 'sec-fetch-site': 'cross-site' }),
      403,
    ],
    ['another site without Origin', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    ['a neighbour on the same site', () => ({ 'sec-fetch-site': 'same-site' }), 403],
    [
      'another origin though its site is none',
      () => ({ origin: 'http://evil.example', 'sec-fetch-site': 'none' }),
      403,
    ],
  ])('a post from %s', async (_name, headers, status) => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { url, port } = await openPlayground({ handle });
    const response = await fetch(`${url}/ask`, {
      method: 'POST',
      body: JSON.stringify(word()),
      headers: { ...headers(url), 'content-type': 'application/json' },
    });
    expect(response.status).toBe(status);
    expect(asked.length).toBe(status === 200 ? 1 : 0);
    expect(port).toBeGreaterThan(0);
  });

  test('a picture is not handed to another site', async () => {
    const { kept, url } = await openPlayground();
    const key = `${'a'.repeat(64)}.png`;
    kept.files.set(key, (await drawn('red')).bytes);
    const response = await fetch(`${url}/pictures/${key}`, { headers: { origin: 'https://evil.example' } });
    expect(response.status).toBe(403);
    const own = await fetch(`${url}/pictures/${key}`);
    expect(own.status).toBe(200);
    expect(own.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(own.headers.get('content-type')).toBe('image/png');
    expect(own.headers.get('x-content-type-options')).toBe('nosniff');
    expect(own.headers.get('cache-control')).toContain('immutable');
    expect(Buffer.from(await own.arrayBuffer())).toEqual(kept.files.get(key));
  });
});

test('the page allows no script but its own files', async () => {
  const { url } = await openPlayground();
  for (const path of ['/', '/page/app.js', '/commands', '/nothing']) {
    const policy = (await fetch(url + path)).headers.get('content-security-policy') ?? '';
    expect(policy, path).toContain("default-src 'none'; script-src 'self'");
    expect(policy, path).not.toContain('unsafe');
    expect(policy, path).toContain("frame-ancestors 'none'");
  }
  const page = await (await fetch(url)).text();
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|style=/);
});

test('health says whether the process lives, readiness why not, and metrics are passed on', async () => {
  const health = { ready: false, reasons: ['the model is loading'] };
  const { url } = await openPlayground({ health: () => health });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const readiness = await fetch(`${url}/readyz`);
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toEqual(health);
  health.ready = true;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  expect(await metrics.text()).toBe('kiln_jobs_total 3\n');
});

describe('paths', () => {
  test('no path leads to a file that is not the page', async () => {
    const { port, kept } = await openPlayground();
    kept.files.set('secret.png', Buffer.from('SECRET'));
    const host = `127.0.0.1:${port}`;
    const steps = [
      '..',
      '%2e%2e',
      '%252e%252e',
      '..%2f',
      '..%5c',
      '....//',
      '.',
      '%00',
      '%c0%ae',
      '//',
      'page',
      'pictures',
    ];
    const ends = [
      'package.json',
      'etc/passwd',
      '.env',
      'src/cli.ts',
      'secret.png',
      'models/sprite/model_index.json',
      '%',
    ];
    const random = createRandom(7);
    for (let round = 0; round < 400; round += 1) {
      const middle = Array.from({ length: 1 + random(6) }, () => steps[random(steps.length)]);
      const start = ['', 'page', 'pictures', 'files'][random(4)];
      const path = `/${[start, ...middle, ends[random(ends.length)]].join('/')}`;
      const { status, body } = await raw(port, path, { host });
      expect([400, 404], path).toContain(status);
      expect(body, path).not.toMatch(/SECRET|root:|"dependencies"|_class_name|createCli/);
    }
  });

  test.each([
    '',
    'A'.repeat(64),
    `${'a'.repeat(63)}.png`,
    `${'a'.repeat(64)}.svg`,
    `${'A'.repeat(64)}.png`,
    `${'a'.repeat(64)}.png%00`,
  ])('the key %j is not looked up', async (key) => {
    const looked: string[] = [];
    const { url } = await openPlayground({
      picture: async (name) => {
        looked.push(name);
        return Buffer.from('x');
      },
    });
    expect((await fetch(`${url}/pictures/${key}`)).status).toBe(404);
    expect(looked).toEqual([]);
  });
});

describe('bodies', () => {
  test.each<[string, string, string, number]>([
    ['no JSON', '/ask', 'a red heart', 400],
    ['a list', '/ask', '[]', 400],
    ['no key', '/ask', '{"text":"a red heart"}', 400],
    ['a key that is no UUID', '/ask', '{"key":"1","text":"a red heart"}', 400],
    ['no words', '/ask', `{"key":"${randomUUID()}","text":"  "}`, 400],
    ['words without end', '/ask', `{"key":"${randomUUID()}","text":"${'a'.repeat(9000)}"}`, 400],
    [
      'an option that is an object',
      '/ask',
      `{"key":"${randomUUID()}","command":"imagine","options":{"image":{"url":"file:///etc/passwd","name":"x"}}}`,
      400,
    ],
    ['a press of no job', '/press', `{"key":"${randomUUID()}","command":"reroll"}`, 400],
    ['too much', '/press', `{"key":"${randomUUID()}","job":"${'a'.repeat(70_000)}"}`, 413],
  ])('%s is refused in a sentence', async (_name, path, body, status) => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { url } = await openPlayground({ handle });
    const response = await fetch(url + path, {
      method: 'POST',
      body,
      headers: { origin: url, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error).toMatch(/^Cannot .*: .*/);
    expect(asked).toEqual([]);
  });

  test('options that nothing here is for are left out of what the page is told', async () => {
    const named = async (suggest?: PlaygroundOptions['suggest']) => {
      const { url } = await openPlayground(suggest ? { suggest } : {});
      const [imagine] = (await (await fetch(`${url}/commands`)).json()) as { options: { name: string }[] }[];
      return imagine!.options.map(({ name }) => name);
    };
    expect(await named()).toContain('control');
    expect(await named(async (what) => (what === 'controlnets' ? [] : ['sprite']))).not.toContain('control');
  });
});

describe('where others can reach it', () => {
  const token = 'correct horse battery';
  const reachable = { host: '0.0.0.0', token };

  test('it does not open without a token', async () => {
    await expect(openPlayground({ host: '0.0.0.0' })).rejects.toThrow(/0\.0\.0\.0: it has no login token/);
    await expect(openPlayground({ host: '0.0.0.0', token: 'short' })).rejects.toThrow(
      /5 characters, want at least 8/,
    );
  });

  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.0.2.1', false],
    ['127.example', false],
  ])('%s is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));

  test('nothing but health and the login page is shown before a login', async () => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { url } = await openPlayground({
      ...reachable,
      handle,
      health: () => ({ ready: true, reasons: ['secret'] }),
    });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true });
    expect(await (await fetch(url)).text()).toContain('Log in to Kiln');
    for (const path of [
      '/metrics',
      '/commands',
      '/suggest?what=models',
      '/events',
      `/pictures/${'a'.repeat(64)}.png`,
      '/files/x',
    ]) {
      expect((await fetch(url + path)).status, path).toBe(401);
    }
    for (const path of ['/ask', '/press', '/form', '/look', '/dismiss']) {
      expect((await post(url, path, word())).status, path).toBe(401);
    }
    expect(asked).toEqual([]);
  });

  test('the token opens it under a name, in a cookie that scripts and other sites do not get', async () => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { url } = await openPlayground({ ...reachable, handle });
    const entered = await post(url, '/login', { token, name: 'Ada Löwe' });
    expect(entered.status).toBe(200);
    const set = entered.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/; HttpOnly/);
    expect(set).toMatch(/; SameSite=Strict/);
    expect(set).not.toContain(token);
    const cookie = set.split(';')[0]!;
    expect(await (await fetch(url, { headers: { cookie } })).text()).toContain('What shall we draw?');
    expect((await post(url, '/ask', word(), { cookie })).status).toBe(200);
    expect(asked[0]?.person).toMatchObject({
      key: 'playground:Ada Löwe',
      name: 'Ada Löwe',
      admin: true,
      makesEmoji: false,
    });
    const forged = cookie.replace(/=([\w-]+)/, `=${Buffer.from('Eve').toString('base64url')}`);
    expect((await post(url, '/ask', word(), { cookie: forged })).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
      200,
    );
  });

  test('a login ends after thirty days', async () => {
    let now = Date.now();
    const clock = { now: () => now, after: () => () => {} };
    const { url } = await openPlayground({ ...reachable, clock });
    const cookie = (await post(url, '/login', { token })).headers.get('set-cookie')!.split(';')[0]!;
    now += 29 * 24 * 3600_000;
    expect((await fetch(`${url}/commands`, { headers: { cookie } })).status).toBe(200);
    now += 2 * 24 * 3600_000;
    expect((await fetch(`${url}/commands`, { headers: { cookie } })).status).toBe(401);
  });

  test('after five wrong tokens the right one has to wait a minute too', async () => {
    let now = Date.now();
    const clock = { now: () => now, after: () => () => {} };
    const { url } = await openPlayground({ ...reachable, clock });
    for (let tries = 0; tries < 5; tries += 1) {
      expect((await post(url, '/login', { token: `wrong ${tries}` })).status).toBe(401);
    }
    expect((await post(url, '/login', { token })).status).toBe(429);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
      401,
    );
    now += 61_000;
    expect((await post(url, '/login', { token })).status).toBe(200);
  });

  test('names that could be rebound are still refused, addresses are not', async () => {
    const { port } = await openPlayground(reachable);
    expect((await raw(port, '/healthz', { host: 'evil.example' })).status).toBe(403);
    expect((await raw(port, '/healthz', { host: '192.0.2.7:9000' })).status).toBe(200);
    expect((await raw(port, '/healthz', { host: 'localhost:9000' })).status).toBe(200);
  });
});

/** The same numbers in each run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
