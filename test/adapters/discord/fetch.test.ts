import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFetch } from '../../../src/adapters/discord/fetch.js';

let base = '';
let stop = () => {};
let answered: string[] = [];

beforeEach(async () => {
  answered = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    answered.push(path);
    const hops = /^\/hop\/(\d)/.exec(path);
    if (hops) {
      const left = Number(hops[1]) - 1;
      response.writeHead(302, { location: left > 0 ? `/hop/${left}` : '/fox.png' }).end();
    } else if (path === '/away') response.writeHead(302, { location: 'https://evil.example/' }).end();
    else if (path === '/inside') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    else if (path === '/said-large') response.writeHead(200, { 'content-length': 11_000_000 }).end();
    else if (path === '/large') {
      for (let megabyte = 0; megabyte < 11; megabyte++) response.write(Buffer.alloc(1_048_576));
      response.end();
    } else if (path === '/cut') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    } else if (path === '/fox.png') response.end('a fox');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});

afterEach(() => stop());

const fetched = async (url: string, options: Parameters<typeof createFetch>[0] = { apiUrl: `${base}/api` }) =>
  createFetch(options)({ url, name: 'fox.png' });
const refusal = (words: string) => ({ code: 'bad-image', message: expect.stringContaining(words) });

test('a picture comes from the host of the REST address where that is set, over one redirect at most', async () => {
  expect(Buffer.from(await fetched(`${base}/fox.png`)).toString()).toBe('a fox');
  expect(Buffer.from(await fetched(`${base}/hop/1`)).toString()).toBe('a fox');
  await expect(fetched(`${base}/hop/2`)).rejects.toMatchObject(refusal('more than 1 redirect'));
});

describe('no request goes to', () => {
  const other = () => base.replace('127.0.0.1', 'localhost');
  test.each([
    ['another host', () => 'https://evil.example/fox.png', 'found an address at evil.example'],
    ['a host that only looks alike', () => 'https://cdn.discordapp.com.evil.example/', 'evil.example'],
    ['a host behind a name', () => 'https://cdn.discordapp.com@evil.example/', 'evil.example'],
    ['a host with a password', () => 'https://u:p@cdn.discordapp.com/', 'found a password'],
    ['a port of a host', () => 'https://cdn.discordapp.com:8443/', 'cdn.discordapp.com:8443'],
    ['a plain address', () => 'http://cdn.discordapp.com/fox.png', 'no https address'],
    ['another name of the REST host', () => `${other()}/fox.png`, 'no https address'],
    ['a file', () => 'file:///etc/passwd', 'no https address'],
    ['no address', () => 'fox', 'no https address'],
  ])('%s', async (_what, url, words) => {
    await expect(fetched(url())).rejects.toMatchObject(refusal(words));
    expect(answered).toEqual([]);
  });

  test('the REST host when none is set', async () => {
    await expect(fetched(`${base}/fox.png`, {})).rejects.toMatchObject(refusal('no https address'));
    expect(answered).toEqual([]);
  });
});

test.each([
  ['/away', 'found an address at evil.example'],
  ['/inside', 'no https address'],
  ['/said-large', '11000000 bytes'],
  ['/large', 'want at most 10485760'],
  ['/cut', 'no way there'],
  ['/none', 'found status 404'],
])('%s is refused', async (path, words) => {
  await expect(fetched(base + path)).rejects.toMatchObject(refusal(words));
});

test('what Discord says is too large is not asked for', async () => {
  const fetch = createFetch({ apiUrl: `${base}/api` });
  const attachment = { url: `${base}/fox.png`, name: 'fox.png', bytes: 20_000_000 };
  await expect(fetch(attachment)).rejects.toMatchObject(refusal('20000000 bytes'));
  expect(answered).toEqual([]);
});

describe('a name of Discord that leads inside a network is not followed', () => {
  test.each([
    ['127.0.0.1', 4],
    ['10.1.2.3', 4],
    ['169.254.169.254', 4],
    ['192.168.1.1', 4],
    ['100.64.0.1', 4],
    ['0.0.0.0', 4],
    ['::1', 6],
    ['fe80::1', 6],
    ['fd00::1', 6],
    ['::ffff:127.0.0.1', 6],
    ['64:ff9b::7f00:1', 6],
  ] as const)('%s', async (address, family) => {
    const lookup = ((_name, { all }, callback) =>
      all
        ? callback(null, [
            { address: '162.159.130.233', family: 4 },
            { address, family },
          ])
        : callback(null, address, family)) as LookupFunction;
    await expect(fetched('https://cdn.discordapp.com/fox.png', { lookup })).rejects.toMatchObject(
      refusal(`is said to be at ${address}`),
    );
  });
});
