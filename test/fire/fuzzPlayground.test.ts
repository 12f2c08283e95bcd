import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { commands } from '../../commands/index.js';
import { startRoom } from '../fixtures/room.js';
import { fuzzCount, fuzzSeed } from './count.js';
import { createDefects } from './defects.js';
import { createHostileText } from './hostileText.js';
import { mutate } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { saysTooMuch } from './saysTooMuch.js';
import { watchProcess } from './watch.js';

interface Post {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

interface Answer {
  /** Left out where Node would not send it, or the server hung up. */
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly said: string;
}

test('the playground answers whatever is posted in a sentence, and nobody else than its own page', async () => {
  const count = fuzzCount(7000);
  const seed = fuzzSeed + 400;
  const watch = watchProcess();
  const random = createRandom(seed);
  const text = createHostileText(random, []);
  const defects = createDefects();
  const env = { KILN_WAITING_EACH: '2', KILN_WAITING: '4' };
  const { address } = await startRoom({ env, logger: defects.logger });
  const { host } = new URL(address);
  const [own, other] = [await draw('a red fox --count 4'), await draw('a hen')];
  const before = watch.memory();
  const began = performance.now();
  const statuses: Record<string, number> = {};
  let foreign = 0;
  for (let made = 0; made < count; made += 20) {
    const posts = Array.from({ length: Math.min(20, count - made) }, () => hostilePost());
    await Promise.all(
      posts.map(async ({ post, strange }) => {
        const answer = await send(post);
        const at = `seed ${seed}, ${made}: ${post.method} ${post.path} ${JSON.stringify(post.headers)}: ${answer.said.slice(0, 300)}`;
        statuses[`${answer.status}`] = (statuses[`${answer.status}`] ?? 0) + 1;
        if (answer.status === undefined) return;
        expect(answer.status, at).toBeLessThan(post.path.startsWith('/readyz') ? 504 : 500);
        if (answer.status !== 304) expect(saysTooMuch(sentenceOf(answer)), at).toBeUndefined();
        if (strange) {
          foreign += 1;
          expect(answer.status, at).toBeGreaterThanOrEqual(400);
        }
      }),
    );
    if (made % 1000 === 0 || made + 20 >= count) await check(`seed ${seed}, before ${made + 20}`);
  }
  console.log(
    `fuzz playground: seed ${seed}, ${count} requests in ${((performance.now() - began) / 1000).toFixed(0)} s, ` +
      `${foreign} from elsewhere, answered ${JSON.stringify(statuses)}, event loop at most ${watch.slowest.toFixed(0)} ms, ` +
      `${((watch.memory() - before) / 2 ** 20).toFixed(1)} MiB more in use`,
  );

  async function check(at: string): Promise<void> {
    await watch.check();
    expect(defects.first, at).toBeUndefined();
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect(await draw('a plain fox'), at).toMatch(/^[a-z0-9]{10}$/);
  }

  /** Draws as the page does, and gives the job's id. */
  async function draw(prompt: string): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      const key = randomUUID();
      await send({ ...plain, path: '/ask', body: JSON.stringify({ key, text: prompt }) });
      for (let looks = 0; looks < 300; looks += 1) {
        const { said } = await send({
          ...plain,
          path: '/look',
          body: JSON.stringify({ key: randomUUID(), command: 'history', options: {} }),
        });
        const job = JSON.parse(said).view?.items?.find(({ title }: { title: string[] }) =>
          JSON.stringify(title).includes(prompt.split(' --')[0]!),
        )?.buttons?.[0]?.job;
        if (job) return job;
        await later(100);
      }
      if (tries === 5) throw new Error(`"${prompt}" was not drawn`);
    }
  }

  function hostilePost(): { post: Post; strange: boolean } {
    const post = likePost();
    if (random.below(4) > 0) return { post, strange: false };
    const [headers, strange] = random.pick<readonly [Record<string, string>, boolean]>([
      [{ host: 'evil.example' }, true],
      [{ host: `evil.example:${new URL(address).port}` }, true],
      [{ host: `${host}.evil.example` }, true],
      [{ host: `${host}0` }, true],
      [{ origin: 'https://evil.example' }, true],
      [{ origin: 'null' }, true],
      [{ origin: `${address}.evil.example` }, true],
      [{ origin: `${address}@evil.example` }, true],
      [{ origin: '', 'sec-fetch-site': 'cross-site' }, post.method === 'POST'],
      [{ 'sec-fetch-site': 'cross-site' }, post.method === 'POST'],
      [
        {
          cookie: `kiln=${encodeURIComponent(Buffer.from(text().slice(0, 500)).toString())}; ${'a=b; '.repeat(random.below(100))}`,
        },
        false,
      ],
      [
        {
          'content-type': random.pick([
            'text/plain',
            'multipart/form-data',
            'multipart/form-data; boundary=',
            'application/xml',
            '',
          ]),
        },
        false,
      ],
      [{ 'content-length': '5' }, false],
      [{ 'last-event-id': text() }, false],
      [{ 'if-none-match': '*', range: 'bytes=0-', expect: '100-continue' }, false],
      [{ authorization: `Bearer ${text()}` }, false],
    ]);
    return { post: { ...post, headers: { ...post.headers, ...headers } }, strange };
  }

  function likePost(): Post {
    const job = () => random.pick([own, own, other, 'aaaaaaaaaa', '__proto__', text()]);
    const index = () => random.pick([1, 2, 5, 0, -1, 1e9, 0.5, '1', undefined]);
    const name = () => random.pick([random.pick(commands).name, text()]);
    const key = random.below(20) === 0 ? text() : randomUUID();
    const bodies: Record<string, () => unknown> = {
      '/ask': () =>
        random.pick([
          { key, text: `/${name()} ${text()}` },
          { key, text: text() },
          { key, command: name(), options: { prompt: text(), [text()]: text() } },
        ]),
      '/look': () => ({
        key,
        command: random.pick(['history', 'stats', 'queue', name()]),
        options: { page: random.pick([1, -1, '2', text()]) },
      }),
      '/press': () => ({ key, command: name(), job: job(), index: index(), label: text() }),
      '/form': () => ({
        key,
        command: name(),
        job: job(),
        index: index(),
        title: text(),
        fields: { prompt: text(), [text()]: text() },
      }),
      '/dismiss': () => ({ id: random.pick([key, text()]) }),
      '/login': () => ({ token: text(), name: text() }),
      '/logout': () => ({}),
    };
    if (random.below(4) === 0)
      return {
        ...plain,
        method: random.pick(['GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']),
        path: oddPath(random, text),
      };
    const path = random.pick(Object.keys(bodies));
    if (path === '/ask' && random.below(4) === 0) return upload(key);
    const body = bodies[path]!();
    const changed = random.below(3) === 0 ? body : mutate(body, { random, text });
    const json = JSON.stringify(changed) ?? '';
    return {
      ...plain,
      path,
      body:
        random.below(15) === 0
          ? random.pick([json.slice(0, random.below(json.length + 1)), text(), '', '[]', 'null', '"x"'])
          : json,
    };
  }

  function upload(key: string): Post {
    const picture = random.pick([
      random.bytes(random.below(3000)),
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), random.bytes(300)]),
      Buffer.from('GIF89a'),
    ]);
    const parts = [
      Buffer.from(
        `--x\r\ncontent-disposition: form-data; name="ask"\r\n\r\n${JSON.stringify({ key, text: text() })}\r\n`,
      ),
      Buffer.from(
        `--x\r\ncontent-disposition: form-data; name="picture"; filename="${text().replace(/[\r\n"]/g, '')}"\r\ncontent-type: image/png\r\n\r\n`,
      ),
      picture,
      Buffer.from('\r\n--x--\r\n'),
    ];
    const whole = Buffer.concat(parts.filter(() => random.below(12) > 0));
    return {
      ...plain,
      headers: { ...plain.headers, 'content-type': 'multipart/form-data; boundary=x' },
      path: '/ask',
      body: random.below(8) === 0 ? whole.subarray(0, random.below(whole.length + 1)) : whole,
    };
  }

  function send({ method, path, headers, body }: Post): Promise<Answer> {
    const { hostname, port } = new URL(address);
    return new Promise((resolve) => {
      const none = (error: Error) => resolve({ headers: {}, said: error.message });
      try {
        const sent = request({
          hostname,
          port,
          method,
          path,
          agent: false,
          headers: { host, origin: address, 'content-type': 'application/json', ...headers },
        });
        // What is told as events goes on for as long as one listens; what is cut short is waited for in vain.
        sent.setTimeout(1500, () => sent.destroy(new Error('nothing more came')));
        sent.on('error', none);
        sent.on('response', (response) => {
          const { statusCode: status, headers } = response;
          const parts: Buffer[] = [];
          const done = () => resolve({ status, headers, said: Buffer.concat(parts).toString() });
          response.on('data', (part: Buffer) => {
            parts.push(part);
            if (/event-stream/.test(headers['content-type'] ?? '')) sent.destroy();
          });
          response.on('close', done);
          response.on('error', done);
        });
        sent.end(body);
      } catch (error) {
        none(error as Error);
      }
    });
  }
});

const plain: Post = { method: 'POST', path: '/', headers: {} };

function oddPath(random: Random, text: () => string): string {
  const known = [
    '/',
    '/healthz',
    '/readyz',
    '/metrics',
    '/commands',
    '/events',
    '/suggest?what=models&typed=',
    '/suggest?what=__proto__',
  ];
  const ends = [
    '..',
    '%2e%2e',
    '..%2f..%2f',
    '%00',
    '%c0%ae',
    '%',
    '%ff',
    '__proto__',
    'constructor',
    `${'a'.repeat(64)}.png`,
    'kiln.db',
    'app.js',
  ];
  const end = () => random.pick([...ends, encodeURIComponent(Buffer.from(text()).toString())]);
  return random.pick([
    () => random.pick(known),
    () => `${random.pick(known)}${encodeURIComponent(Buffer.from(text()).toString())}`,
    () => `/page/${end()}`,
    () => `/pictures/${end()}`,
    () => `/files/${end()}`,
    () => `/${end()}/${end()}`,
    () => `//${end()}`,
    () => `/suggest?what=jobs&typed=${end()}&typed=${end()}`,
    () => `http://evil.example/${end()}`,
  ])();
}

/** What there is to read in an answer: an error's sentence, or the words of a reply. */
function sentenceOf({ said, headers }: Answer): string {
  if (!/json/.test(headers['content-type'] ?? '')) return '';
  const { error } = JSON.parse(said || '{}') ?? {};
  return typeof error === 'string' ? error : said;
}
