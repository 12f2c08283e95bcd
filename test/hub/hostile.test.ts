import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { rawSafetensors } from '../engine/checkpoint/safetensorsFile.js';
import { startHub } from '../fakes/hub/fakeHub.js';
import type { TreeEntry } from '../fakes/hub/repos.js';
import type { Trouble } from '../fakes/hub/serve.js';
import { checkpointFiles, filesIn, puller, weights } from './puller.js';

const id = 'somebody/ink';
const ink = { 'ink.safetensors': weights() };

/** One sentence that a person may read, whatever the hub did. */
async function refused(pulling: Promise<unknown>): Promise<string> {
  const error = await pulling.then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(/^Cannot pull [^\n]{10,400}$/);
  return error.message;
}

describe('the token', () => {
  test('goes to the hub and to no other host', async () => {
    const hub = await startHub([{ id, files: ink, gated: true }]);
    await puller(hub, { token: hub.token }).pull(id);
    const seen = (host: string) =>
      new Set(hub.asked.filter((one) => one.host === host).map((one) => one.headers.authorization));
    expect([...seen('hub')]).toEqual([`Bearer ${hub.token}`]);
    expect([...seen('cdn')]).toEqual([undefined]);
    expect(new Set(hub.asked.map(({ headers }) => headers['accept-encoding']))).toEqual(
      new Set(['identity']),
    );
  });

  test('stays here when a stranger leads to the hub', async () => {
    const hub = await startHub([{ id, files: ink, private: true }]);
    const location = `${hub.endpoint}/${id}/resolve/main/ink.safetensors`;
    hub.trouble = ({ path }) => (path === '/x' ? { status: 302, headers: { location } } : undefined);
    await refused(puller(hub, { token: hub.token }).pull(`${hub.cdn}/x`));
    expect(hub.asked.map(({ headers }) => headers.authorization).filter(Boolean)).toEqual([]);
  });

  test('is not sent to where a list says that it goes on', async () => {
    const hub = await startHub([{ id, files: ink }]);
    hub.trouble = ({ host, path }) =>
      host === 'hub' && path.includes('/tree/')
        ? { headers: { link: `<${hub.cdn}/more>; rel="next"` } }
        : undefined;
    expect(await refused(puller(hub, { token: hub.token }).pull(id))).toContain(
      "makes no sense, want the hub's API",
    );
    expect(hub.asked.filter(({ host }) => host === 'cdn')).toEqual([]);
  });

  test('is asked for where a repo is gated, with the page where its licence is', async () => {
    const hub = await startHub([{ id, files: ink, gated: true }]);
    expect(await refused(puller(hub).pull(id))).toBe(
      `Cannot pull ${id}: it is gated, want HF_TOKEN set, and its licence accepted at ${hub.endpoint}/${id}`,
    );
    expect(await refused(puller(hub, { token: 'hf_wrong' }).pull(id))).toBe(
      `Cannot pull ${id}: it is gated, want HF_TOKEN's owner to have its licence accepted at ${hub.endpoint}/${id}`,
    );
  });

  test('is asked for where a repo is private', async () => {
    const hub = await startHub([{ id, files: ink, private: true }]);
    expect(await refused(puller(hub).pull(id))).toContain('there is no such repo, or it is private');
    await puller(hub, { token: hub.token }).pull(id);
  });
});

describe('redirects', () => {
  test.each([
    ['to http elsewhere', 'http://models.example/x', 'found the address http://models.example, want https'],
    ['to a file', 'file:///etc/passwd', 'found the address file://, want https'],
    ['to no address', 'http://[', 'found an address that is none'],
    ['to a name and password', 'https://a:b@models.example/', 'found an address that is none'],
  ])('%s are not followed', async (_, location, sentence) => {
    const hub = await startHub([{ id, files: ink }]);
    hub.trouble = ({ host, path }) =>
      host === 'hub' && path.includes('/resolve/') ? { headers: { location } } : undefined;
    expect(await refused(puller(hub).pull(id))).toContain(sentence);
  });

  test('without end come to one', async () => {
    const hub = await startHub([{ id, files: ink }]);
    hub.trouble = ({ host }) =>
      host === 'cdn' ? { status: 307, headers: { location: '/round' } } : undefined;
    expect(await refused(puller(hub).pull(id))).toContain('redirects over 10 times, want an end');
    expect(hub.asked.filter(({ host }) => host === 'cdn').length).toBe(10);
  });

  test('to an address that has expired are asked for again', async () => {
    const hub = await startHub([{ id, files: ink }]);
    hub.trouble = ({ host, before }) => (host === 'cdn' && before === 0 ? { status: 403 } : undefined);
    await puller(hub).pull(id);
  });
});

describe('a list of files', () => {
  const entry = (path: string, size = 1): TreeEntry => ({ type: 'file', path, size, oid: 'a'.repeat(40) });

  test('with names that lead elsewhere writes nothing there', async () => {
    const files = await checkpointFiles();
    const paths = [
      '../../evil.safetensors',
      '/etc/evil.safetensors',
      'unet/../../../evil.json',
      '..\\evil.safetensors',
      'C:\\evil',
    ];
    const listed = (entries: readonly TreeEntry[]) => [...paths.map((path) => entry(path)), ...entries];
    const hub = await startHub([{ id, files, listed }]);
    const { folder, pull } = puller(hub);
    await pull(id);
    expect(readdirSync(folder)).toEqual(['ink']);
    expect(Object.keys(filesIn(join(folder, 'ink')))).toEqual([...Object.keys(files), 'kiln.json'].sort());
    expect(hub.asked.filter(({ path }) => path.includes('evil'))).toEqual([]);
  });

  test.each<[string, (entries: readonly TreeEntry[]) => readonly unknown[], string]>([
    [
      'that never ends',
      (entries) => [...entries, ...Array.from({ length: 3000 }, (_, i) => entry(`${i}`))],
      'makes no sense',
    ],
    ['with a file twice', (entries) => [...entries, ...entries], '"ink.safetensors" listed twice'],
    ['of nonsense', () => [{ type: 'file', path: 7 }], 'makes no sense'],
    ['of nothing', () => [null], 'makes no sense'],
    ['with a size below nothing', ([one]) => [{ ...one, lfs: { ...one!.lfs, size: -1 } }], 'makes no sense'],
    ['with a size beyond all', ([one]) => [{ ...one, lfs: { ...one!.lfs, size: 1e300 } }], 'makes no sense'],
    [
      'with an absurd size',
      ([one]) => [{ ...one, lfs: { ...one!.lfs, size: 9e15 } }],
      'bytes for ink.safetensors, want the 9000000000000000 that are listed',
    ],
    [
      'with a digest that is none',
      ([one]) => [{ ...one, lfs: { ...one!.lfs, oid: '../../../x' } }],
      'makes no sense',
    ],
  ])('%s is refused', async (_, listed, sentence) => {
    const hub = await startHub([{ id, files: ink, listed }]);
    const { folder, pull } = puller(hub);
    expect(await refused(pull(id))).toContain(sentence);
    expect(Object.keys(filesIn(folder)).filter((path) => !path.startsWith('.incomplete'))).toEqual([]);
  });

  test('of more than the disk holds is refused before any of it comes', async () => {
    const files = await checkpointFiles();
    const listed = (entries: readonly TreeEntry[]) =>
      entries.map((one) => (one.lfs ? { ...one, lfs: { ...one.lfs, size: 4e15 } } : one));
    const hub = await startHub([{ id, files, listed }]);
    expect(await refused(puller(hub).pull(id))).toMatch(/GB are free, want 1\d{7}\.\d GB$/);
    expect(hub.asked.filter(({ host }) => host === 'cdn')).toEqual([]);
  });
});

describe('an answer', () => {
  test.each<[string, Trouble, string]>([
    ['longer than it should be', { bytes: weights('x', 8000) }, 'want the 4'],
    ['longer than it says', { headers: { 'content-length': '4' } }, 'bytes for ink.safetensors, want the'],
    [
      'that is a web page',
      { bytes: Buffer.from('<html>'), headers: { 'content-type': 'text/html' } },
      'found 6 bytes',
    ],
    ['with a status of its own', { status: 418 }, 'answers with status 418, want the file'],
    ['that is not there', { status: 404 }, 'has none of that name'],
  ])('%s is refused', async (_, trouble, sentence) => {
    const hub = await startHub([{ id, files: ink }]);
    hub.trouble = ({ host }) => (host === 'cdn' ? trouble : undefined);
    expect(await refused(puller(hub).pull(id))).toContain(sentence);
  });

  test.each([
    ['no JSON', Buffer.from('<html>Sign in</html>')],
    ['JSON of something else', Buffer.from('{"error":"no"}')],
    ['a number', Buffer.from('7')],
    ['JSON nested without end', Buffer.from('['.repeat(100_000))],
  ])('of the API that is %s is refused', async (_, bytes) => {
    for (const way of ['/revision/', '/tree/']) {
      const hub = await startHub([{ id, files: ink }]);
      hub.trouble = ({ host, path }) => (host === 'hub' && path.includes(way) ? { bytes } : undefined);
      expect(await refused(puller(hub).pull(id))).toContain('makes no sense');
    }
  });

  test('compressed by a proxy is taken as what it unpacks to, and never more', async () => {
    const hub = await startHub([{ id, files: ink }]);
    const packed = (bytes: Buffer): Trouble => ({
      bytes: gzipSync(bytes),
      headers: { 'content-encoding': 'gzip' },
    });
    const bomb = packed(Buffer.alloc(50_000_000));
    hub.trouble = ({ host }) => (host === 'cdn' ? bomb : undefined);
    expect(await refused(puller(hub).pull(id))).toContain('want as many as it said');
    hub.trouble = ({ host }) => (host === 'cdn' ? packed(ink['ink.safetensors']) : undefined);
    await puller(hub).pull(id);
  });
});

describe('files that are what was uploaded, and no good', () => {
  test.each<[string, Buffer, string]>([
    ['a pickle', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100)]), 'found a pickle'],
    [
      'a pointer',
      Buffer.from(`version https://git-lfs.github.com/spec/v1\n${'x'.repeat(100)}`),
      'found a Git LFS pointer',
    ],
    [
      'a header that lies',
      rawSafetensors('{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'),
      'ink.safetensors: it is',
    ],
    [
      'a header beyond the file',
      Buffer.from(`\xff\xff\xff\x00\x00\x00\x00\x00{${' '.repeat(99)}`, 'latin1'),
      'header says it is',
    ],
  ])('%s as weights', async (_, bytes, sentence) => {
    const hub = await startHub([{ id, files: { 'ink.safetensors': bytes } }]);
    const { folder, pull } = puller(hub);
    expect(await refused(pull(id))).toContain(sentence);
    expect(await refused(pull(id))).toContain(sentence);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['../../../../etc/passwd.safetensors', 'want plain names of .safetensors files beside it'],
    [
      'none.safetensors',
      'unet/diffusion_pytorch_model.safetensors.index.json names "none.safetensors", which is not there',
    ],
  ])('an index that names %s', async (name, sentence) => {
    const { 'unet/diffusion_pytorch_model.safetensors': _, ...files } = await checkpointFiles();
    const index = {
      'unet/diffusion_pytorch_model.safetensors.index.json': JSON.stringify({ weight_map: { a: name } }),
    };
    const hub = await startHub([{ id, files: { ...files, ...index } }]);
    expect(await refused(puller(hub).pull(id))).toContain(sentence);
  });

  test('a header whose length begins as a pickle does is a header', async () => {
    const text = JSON.stringify({ 'a.lora_up.weight': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
    const bytes = rawSafetensors(text.padEnd(0x280), Buffer.alloc(4));
    expect([...bytes.subarray(0, 2)]).toEqual([0x80, 0x02]);
    const hub = await startHub([{ id, files: { 'ink.safetensors': bytes } }]);
    await puller(hub).pull(id);
  });

  test('components that no pipeline has are left there', async () => {
    const files = await checkpointFiles();
    const named = {
      ...JSON.parse(String(files['model_index.json'])),
      '../evil': ['a', 'b'],
      __proto__x: ['a', 'b'],
    };
    const hub = await startHub([{ id, files: { ...files, 'model_index.json': JSON.stringify(named) } }]);
    const { folder, pull } = puller(hub);
    await pull(id);
    expect(readdirSync(folder)).toEqual(['ink']);
  });

  test('a config of a gigabyte is not read', async () => {
    const files = await checkpointFiles();
    const listed = (entries: readonly TreeEntry[]) =>
      entries.map((one) => (one.path === 'unet/config.json' ? { ...one, size: 1e9 } : one));
    const hub = await startHub([{ id, files, listed }]);
    expect(await refused(puller(hub).pull(id))).toContain(
      'unet/config.json has 1000000000 bytes, want at most 20000000',
    );
  });
});
