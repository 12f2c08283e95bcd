import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findModels } from '../../src/cli/models.js';
import { listSideModels } from '../../src/engine/sideModels.js';
import { readOrigin } from '../../src/hub/origin.js';
import { type FakeHub, startHub } from '../fakes/hub/fakeHub.js';
import { sha256 } from '../fakes/hub/repos.js';
import { filesIn, puller, weights } from './puller.js';

const bytes = weights();

/** As Civitai serves: an address without a name, a redirect to a store, the name in a header. */
function civitai(hub: FakeHub, disposition: string | undefined, file = bytes) {
  const headers: Record<string, string> =
    disposition === undefined ? {} : { 'content-disposition': disposition };
  hub.loose.set('/store/9f3c', { bytes: file, etag: '"9f3c"', headers });
  hub.trouble = ({ path }) =>
    path === '/api/download/models/135867'
      ? { status: 307, headers: { location: `${hub.cdn}/store/9f3c?X-Amz-Signature=s` } }
      : undefined;
  return `${hub.cdn}/api/download/models/135867`;
}

describe('a file from an address', () => {
  test('is called as its server calls it, and its origin is told without the key in its address', async () => {
    const hub = await startHub();
    const address = civitai(hub, 'attachment; filename="Ink Style (v2).safetensors"');
    const { folder, pull, counted } = puller(hub);
    expect(await pull(`${address}?token=secret`)).toMatchObject({
      name: 'Ink-Style-v2',
      kind: 'lora',
      bytes: bytes.length,
    });
    const path = join(folder, 'loras', 'Ink-Style-v2.safetensors');
    expect(await readOrigin(path)).toEqual({
      source: address,
      files: { 'Ink-Style-v2.safetensors': sha256(bytes) },
    });
    expect(JSON.stringify(Object.values(filesIn(folder)).map(String))).not.toContain('secret');
    expect(counted).toEqual({ here: bytes.length, total: bytes.length });
    expect(readdirSync(folder)).toEqual(['loras']);
  });

  test('that the hub has is the repo’s file, so that it has a commit and a checksum', async () => {
    const hub = await startHub([{ id: 'somebody/ink', files: { 'ink.safetensors': bytes }, gated: true }]);
    const { folder, pull } = puller(hub, { token: hub.token });
    await pull(`${hub.endpoint}/somebody/ink/resolve/main/ink.safetensors?download=true`);
    expect(await readOrigin(join(folder, 'loras', 'ink.safetensors'))).toMatchObject({
      source: 'somebody/ink',
      commit: expect.any(String),
    });
  });

  test.each<[string, string | undefined, string]>([
    ['folders in the name', 'attachment; filename="../../../etc/cron.d/evil.safetensors"', 'evil'],
    ['folders of Windows in the name', 'attachment; filename="C:\\\\Windows\\\\evil.safetensors"', 'evil'],
    ['a name of many bytes', "attachment; filename*=UTF-8''na%C3%AFve%20art.safetensors", 'naive-art'],
    ['a name without quotes', 'attachment; filename=plain.safetensors', 'plain'],
    ['a name that begins with a dot', 'attachment; filename=".hidden.safetensors"', 'hidden'],
    ['a name of 300 letters', `attachment; filename="${'a'.repeat(300)}.safetensors"`, 'a'.repeat(100)],
    ['a name badly written', 'attachment; filename*=UTF-8\'\'%E0%A4%A; filename="good.safetensors"', 'good'],
    ['no name at all', undefined, '135867'],
  ])('with %s gets a plain one', async (_, disposition, name) => {
    const hub = await startHub();
    const { folder, pull } = puller(hub);
    expect(await pull(civitai(hub, disposition))).toMatchObject({ name });
    expect(await listSideModels('loras', [folder])).toMatchObject([{ name }]);
    expect(readdirSync(folder)).toEqual(['loras']);
  });

  test.each<[string, string, string]>([
    ['nothing but signs', 'attachment; filename="???.safetensors"', 'found the name ""'],
    ['another ending', 'attachment; filename="old.ckpt"', 'calls it a .ckpt file, want .safetensors'],
  ])('with %s in its name is refused', async (_, disposition, sentence) => {
    const hub = await startHub();
    await expect(puller(hub).pull(civitai(hub, disposition))).rejects.toThrow(sentence);
  });

  test('that is a page to log in on is refused at its first bytes', async () => {
    const hub = await startHub();
    hub.loose.set('/m', {
      bytes: Buffer.alloc(5_000_000, '<p>'),
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    const { pull, counted } = puller(hub);
    await expect(pull(`${hub.cdn}/m`)).rejects.toThrow(
      /found a web page, perhaps to log in on for m, want a \.safetensors file$/,
    );
    expect(counted.here).toBe(0);
    hub.trouble = () => ({ status: 401 });
    await expect(pull(`${hub.cdn}/m`)).rejects.toThrow(
      'refuses it (status 401), want an address that needs no login',
    );
  });

  test('with the names of a checkpoint is a model', async () => {
    const hub = await startHub();
    const file = weights('model.diffusion_model.input_blocks.0.0.weight');
    const { folder, pull } = puller(hub);
    expect(await pull(civitai(hub, 'attachment; filename=dreamy.safetensors', file))).toMatchObject({
      kind: 'model',
    });
    expect(findModels([folder]).map(({ name }) => name)).toEqual(['dreamy', 'sprite']);
  });

  test('that found no place is asked after once more, and not sent again', async () => {
    const hub = await startHub();
    const odd = weights('odd');
    const address = civitai(hub, 'attachment; filename=odd.safetensors', odd);
    const { pull } = puller(hub);
    await expect(pull(address)).rejects.toThrow('found tensors of no kind');
    expect(await pull(address, { kind: 'embedding' })).toMatchObject({ name: 'odd', kind: 'embedding' });
    expect(hub.asked.at(-1)!.headers).toMatchObject({ range: `bytes=${odd.length}-`, 'if-range': '"9f3c"' });
  });

  test('never takes the place of what is from elsewhere', async () => {
    const hub = await startHub([{ id: 'a/ink', files: { 'ink.safetensors': bytes } }]);
    const { pull } = puller(hub);
    await pull('a/ink');
    const address = civitai(hub, 'attachment; filename=ink.safetensors');
    await expect(pull(address)).rejects.toThrow(/ink\.safetensors, from a\/ink, want another name with --as/);
    expect(await pull(address, { name: 'ink2' })).toMatchObject({ name: 'ink2' });
  });
});

test('of what never began to come, nothing is kept', async () => {
  const hub = await startHub();
  const { folder, pull } = puller(hub);
  await expect(pull('http://example.com/x.safetensors')).rejects.toThrow('want https');
  await expect(pull(`${hub.cdn}/gone.safetensors`)).rejects.toThrow('has none of that name');
  expect(readdirSync(folder)).toEqual([]);
});
