import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { startHub } from '../fakes/hub/fakeHub.js';
import { sha256 } from '../fakes/hub/repos.js';
import type { Trouble } from '../fakes/hub/serve.js';
import { fastClock } from '../fixtures/fast-clock.js';
import { filesIn, puller, weights } from './puller.js';

const id = 'somebody/ink';
const tensor = 'lora_unet_x.lora_up.weight';

/** A hub with one LoRA, whose answers at the CDN go wrong as listed, one after the other. */
async function hubOf(bytes: Buffer, troubles: readonly (Trouble | undefined)[] = []) {
  const hub = await startHub([{ id, files: { 'ink.safetensors': bytes } }]);
  const client = { here: 0 };
  const arrived = (bytes: number) => client.here >= bytes;
  hub.trouble = ({ host, before }) => (host === 'cdn' ? { arrived, ...troubles[before] } : undefined);
  const watched = (options?: Parameters<typeof puller>[1]) => {
    const made = puller(hub, options);
    Object.defineProperty(client, 'here', { get: () => made.counted.here });
    return made;
  };
  const ranges = () => hub.asked.filter(({ host }) => host === 'cdn').map(({ headers }) => headers.range);
  return { hub, ranges, watched };
}

const ink = (folder: string) => readFileSync(join(folder, 'loras', 'ink.safetensors'));

test('a pull of 100 MB that was interrupted goes on where it was, and is verified', async () => {
  const bytes = weights(tensor, 100_000_000);
  const { hub, ranges } = await hubOf(bytes, [{ slice: 2_000_000 }]);
  const stop = new AbortController();
  const first = puller(hub, { signal: stop.signal, clock: systemClock });
  const pulling = first.pull(id);
  pulling.catch(() => {});
  await expect.poll(() => first.counted.here, { timeout: 20_000 }).toBeGreaterThan(30_000_000);
  stop.abort(new Error('Ctrl-C'));
  await expect(pulling).rejects.toThrow('Ctrl-C');

  const { folder } = first;
  const part = join(folder, '.incomplete', 'somebody--ink', `${sha256(bytes)}.incomplete`);
  const kept = statSync(part).size;
  expect(kept).toBeGreaterThanOrEqual(30_000_000);
  expect(existsSync(join(folder, 'loras'))).toBe(false);

  const began = performance.now();
  const second = puller(hub, { folder, clock: systemClock });
  await second.pull(id);
  console.log(
    `100 MB: ${(kept / 1e6).toFixed(0)} MB kept, the rest and the digest in ${Math.round(performance.now() - began)} ms`,
  );
  expect(ranges()).toEqual([undefined, `bytes=${kept}-`]);
  expect(hub.asked.at(-1)!.headers['if-range']).toBe(`"${sha256(bytes)}-cdn"`);
  expect(second.counted).toEqual({ here: bytes.length, total: bytes.length });
  expect(ink(folder).equals(bytes)).toBe(true);
  expect(readdirSync(folder)).toEqual(['loras']);
});

describe('within one pull', () => {
  const bytes = weights(tensor, 400_000);

  test.each<[string, readonly (Trouble | undefined)[], readonly (string | undefined)[]]>([
    [
      'a connection that drops is taken up again, however often, while something comes',
      Array.from({ length: 8 }, () => ({ cutAfter: 40_000 })),
      [undefined, ...Array.from({ length: 8 }, (_, index) => `bytes=${(index + 1) * 40_000}-`)],
    ],
    ['a server that stops sending is left', [{ stallAfter: 100_000 }], [undefined, 'bytes=100000-']],
    [
      'a server without ranges sends all of it again',
      [{ cutAfter: 100_000 }, { whole: true }],
      [undefined, 'bytes=100000-'],
    ],
    [
      'a range that begins elsewhere is not taken',
      [{ cutAfter: 100_000 }, { headers: { 'content-range': `bytes 0-9/${bytes.length}` } }],
      [undefined, 'bytes=100000-', undefined],
    ],
    [
      'bytes under another ETag are not mixed in',
      [{ cutAfter: 100_000 }, { headers: { etag: '"another"' } }],
      [undefined, 'bytes=100000-', undefined],
    ],
    [
      'a server that answers with errors is asked again',
      [{ status: 503 }, { status: 500 }, { status: 429, headers: { 'retry-after': '1' } }],
      [undefined, undefined, undefined, undefined],
    ],
    ['a slow server is waited for', [{ slice: 40_000 }], [undefined]],
  ])('%s', async (_, troubles, asked) => {
    const { ranges, watched } = await hubOf(bytes, troubles);
    const { folder, pull, counted } = watched({
      stall: troubles.some((one) => one?.stallAfter) ? 200_000 : undefined,
    });
    await pull(id);
    expect(ranges()).toEqual(asked);
    expect(ink(folder).equals(bytes)).toBe(true);
    expect(counted).toEqual({ here: bytes.length, total: bytes.length });
  });

  test('Retry-After is waited for, in seconds or as a date', async () => {
    const clock = fastClock(100);
    const date = new Date(Date.now() + 30_000).toUTCString();
    const { hub } = await hubOf(bytes, [
      { status: 429, headers: { 'retry-after': '40' } },
      { status: 503, headers: { 'retry-after': date } },
    ]);
    const began = clock.now();
    await puller(hub, { clock }).pull(id);
    expect(clock.now() - began).toBeGreaterThan(68_000);
  });

  test('a wait of over two minutes is told, not waited for', async () => {
    const { hub } = await hubOf(bytes, [{ status: 429, headers: { 'retry-after': '3600' } }]);
    await expect(puller(hub).pull(id)).rejects.toThrow(
      /^Cannot pull somebody\/ink: 127\.0\.0\.1:\d+ is busy \(status 429\) and wants 3600 seconds of patience; what came is kept for the next try$/,
    );
  });

  test('five failures in a row that bring nothing end it in one sentence, and keep what came', async () => {
    const { hub, watched } = await hubOf(bytes, [{ cutAfter: 100_000 }, ...Array(5).fill({ status: 502 })]);
    const { folder, pull, counted } = watched();
    await expect(pull(id)).rejects.toThrow(
      /is busy \(status 502\), 5 times in a row; what came is kept for the next try$/,
    );
    expect(counted.here).toBe(100_000);
    hub.trouble = () => undefined;
    await pull(id);
    expect(hub.asked.at(-1)!.headers.range).toBe('bytes=100000-');
    expect(ink(folder).equals(bytes)).toBe(true);
  });
});

describe('bytes that are not those promised', () => {
  const bytes = weights(tensor, 40_000);
  const others = weights(tensor, 40_000, 2);

  test('are refused by their checksum, and gone', async () => {
    const { hub } = await hubOf(bytes, [{ bytes: others }]);
    const { folder, pull } = puller(hub);
    await expect(pull(id)).rejects.toThrow(
      `Cannot pull ${id}: found SHA-256 ${sha256(others).slice(0, 12)}… of what came for ink.safetensors, ` +
        `want ${sha256(bytes).slice(0, 12)}… as listed`,
    );
    expect(Object.keys(filesIn(folder))).toEqual([]);
    await pull(id);
    expect(ink(folder).equals(bytes)).toBe(true);
  });

  test('in what an earlier pull left cost one more download', async () => {
    const { hub, ranges, watched } = await hubOf(bytes, [
      { cutAfter: 10_000 },
      ...Array(5).fill({ status: 502 }),
    ]);
    const { folder, pull } = watched();
    await expect(pull(id)).rejects.toThrow('5 times in a row');
    const part = join(folder, '.incomplete', 'somebody--ink', `${sha256(bytes)}.incomplete`);
    writeFileSync(part, Buffer.alloc(10_000));
    hub.trouble = () => undefined;
    await pull(id);
    expect(ranges().slice(-2)).toEqual(['bytes=10000-', undefined]);
    expect(ink(folder).equals(bytes)).toBe(true);
  });

  test('of several connections, from servers that know no ETags, cost one more download', async () => {
    const { hub, ranges, watched } = await hubOf(bytes);
    const { folder, pull, counted } = watched();
    const arrived = (count: number) => counted.here >= count;
    const blind = { headers: { etag: '' } };
    hub.trouble = ({ host, before }) =>
      host === 'hub'
        ? undefined
        : [
            { cutAfter: 10_000, arrived, ...blind },
            { bytes: others, ...blind },
          ][before];
    await pull(id);
    expect(ranges()).toEqual([undefined, 'bytes=10000-', undefined]);
    expect(ink(folder).equals(bytes)).toBe(true);
  });

  test('are refused in small files too, by what git calls them', async () => {
    const config = JSON.stringify({ _class_name: 'AutoencoderKL' });
    const hub = await startHub([{ id, files: { 'config.json': config, 'model.safetensors': bytes } }]);
    hub.trouble = ({ path }) =>
      path.endsWith('config.json') ? { bytes: Buffer.from(config.replace('KL', 'XX')) } : undefined;
    await expect(puller(hub).pull(id)).rejects.toThrow(
      /found SHA-1 [0-9a-f]{12}… of what came for config\.json, want/,
    );
  });
});

describe('a file from an address', () => {
  const bytes = weights(tensor, 400_000);
  const changed = weights(tensor, 400_000, 3);

  async function pulledTwice(
    first: { etag?: string; headers?: Record<string, string> },
    then = first,
    now = bytes,
  ) {
    const hub = await startHub();
    hub.loose.set('/ink.safetensors', { bytes, ...first });
    const { folder, pull, counted } = puller(hub);
    const arrived = (count: number) => counted.here >= count;
    hub.trouble = ({ before }) => (before === 0 ? { cutAfter: 100_000, arrived } : { status: 502 });
    await expect(pull(`${hub.cdn}/ink.safetensors`)).rejects.toThrow('5 times in a row');
    hub.loose.set('/ink.safetensors', { bytes: now, ...then });
    hub.trouble = () => undefined;
    await pull(`${hub.cdn}/ink.safetensors`);
    expect(ink(folder).equals(now)).toBe(true);
    const { range, 'if-range': condition } = hub.asked.at(-1)!.headers;
    return { range, condition };
  }

  test('goes on by its ETag', async () => {
    expect(await pulledTwice({ etag: '"one"' })).toEqual({ range: 'bytes=100000-', condition: '"one"' });
  });

  test('begins anew when it changed meanwhile', async () => {
    const asked = await pulledTwice({ etag: '"one"' }, { etag: '"two"' }, changed);
    expect(asked).toEqual({ range: 'bytes=100000-', condition: '"one"' });
  });

  test.each([[{}], [{ etag: 'W/"weak"' }]])(
    'begins anew with nothing to know it by again: %j',
    async (first) => {
      expect(await pulledTwice(first, first, changed)).toEqual({ range: undefined, condition: undefined });
    },
  );
});
