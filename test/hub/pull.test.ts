import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { listSideModels } from '../../src/engine/sideModels.js';
import { readOrigin } from '../../src/hub/origin.js';
import { startHub } from '../fakes/hub/fakeHub.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { checkpointFiles, filesIn, puller, weights } from './puller.js';

const id = 'somebody/tiny-sd';
const unet = 'unet/diffusion_pytorch_model.safetensors';

describe('a pipeline', () => {
  test('comes as it is there, but for what no pipeline needs, and opens', async () => {
    const files = await checkpointFiles();
    const others = {
      'README.md': '# Tiny',
      'tiny.ckpt': 'pickle',
      'tiny.safetensors': weights('model.diffusion_model.x'),
      'unet/diffusion_pytorch_model.bin': 'pickle',
      'unet/diffusion_pytorch_model.fp16.safetensors': weights('x'),
      'unet/notes.json': '{}',
      'image_encoder/config.json': '{}',
      'samples/a/b.png': 'picture',
    };
    const hub = await startHub([{ id, files: { ...files, ...others }, licence: 'creativeml-openrail-m' }]);
    const { folder, pull, counted } = puller(hub);
    const pulled = await pull(id);

    const { 'kiln.json': record, ...here } = filesIn(join(folder, 'tiny-sd'));
    expect(Object.keys(here)).toEqual(Object.keys(files));
    for (const path of Object.keys(here)) expect(here[path]!.equals(files[path]!), path).toBe(true);
    expect(JSON.parse(String(record))).toMatchObject({
      source: id,
      revision: 'main',
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      licence: 'creativeml-openrail-m',
    });
    const bytes = Object.values(here).reduce((sum, { length }) => sum + length, 0);
    expect(counted).toEqual({ here: bytes, total: bytes });
    const path = join(folder, 'tiny-sd');
    expect(pulled).toMatchObject({ name: 'tiny-sd', kind: 'model', path, bytes, already: false });
    expect(readdirSync(folder)).toEqual(['tiny-sd']);

    const checkpoint = await openCheckpoint(path, { cacheFolder: temporaryFolder() });
    await checkpoint.unet.weights();
  });

  test('comes in a variant where a component has it, and plain where it has not, as in diffusers', async () => {
    const { [unet]: plain, ...files } = await checkpointFiles();
    const half = unet.replace('.safetensors', '.fp16.safetensors');
    const hub = await startHub([{ id, files: { ...files, [unet]: weights('plain'), [half]: plain! } }]);
    const { folder, pull } = puller(hub);
    await pull(id, { variant: 'fp16' });
    const here = Object.keys(filesIn(join(folder, 'tiny-sd')));
    expect(here).toContain(half);
    expect(here).not.toContain(unet);
    expect(here).toContain('vae/diffusion_pytorch_model.safetensors');
    await expect(pull(id, { variant: 'bf16', name: 'other' })).rejects.toThrow(
      `Cannot pull ${id}: it has no variant "bf16", want one of fp16, or none`,
    );
  });

  test('comes with all files that the index of its weights names', async () => {
    const { [unet]: whole, ...files } = await checkpointFiles();
    const index = `${unet}.index.json`;
    const parts = {
      'a-00001-of-00002.safetensors': weights('a'),
      'a-00002-of-00002.safetensors': weights('b'),
    };
    const map = { weight_map: { a: 'a-00001-of-00002.safetensors', b: 'a-00002-of-00002.safetensors' } };
    const shards = Object.fromEntries(Object.entries(parts).map(([name, bytes]) => [`unet/${name}`, bytes]));
    const hub = await startHub([{ id, files: { ...files, ...shards, [index]: JSON.stringify(map) } }]);
    const { folder, pull } = puller(hub);
    await pull(id);
    const here = Object.keys(filesIn(join(folder, 'tiny-sd', 'unet')));
    expect(whole).toBeDefined();
    expect(here).toEqual([...Object.keys(parts), 'config.json', index.slice('unet/'.length)].sort());
  });

  test('is not pulled again at the same commit, and at a new one brings only what changed', async () => {
    const files = await checkpointFiles();
    const hub = await startHub([{ id, files }]);
    const { folder, pull } = puller(hub);
    await pull(id);
    const before = hub.asked.length;
    expect(await pull(id)).toMatchObject({ already: true, name: 'tiny-sd' });
    expect(hub.asked.slice(before).filter(({ path }) => path.includes('/resolve/'))).toEqual([]);

    rmSync(join(folder, 'tiny-sd', 'unet', 'config.json'));
    expect(await pull(id)).toMatchObject({ already: false });
    expect(Object.keys(filesIn(join(folder, 'tiny-sd')))).toContain('unet/config.json');

    const vae = 'vae/diffusion_pytorch_model.safetensors';
    const changed = weights('decoder.conv_in.weight', 4000, 7);
    hub.repos = [{ id, files: { ...files, [vae]: changed } }];
    const old = hub.asked.length;
    expect(await pull(id)).toMatchObject({ already: false });
    expect(hub.asked.slice(old).flatMap(({ host, path }) => (host === 'cdn' ? path : []))).toEqual([
      `/lfs/${id}/${vae}`,
    ]);
    expect(filesIn(join(folder, 'tiny-sd'))[vae]!.equals(changed)).toBe(true);
    expect(readdirSync(folder)).toEqual(['tiny-sd']);
  });

  test('of a branch is that branch', async () => {
    const files = await checkpointFiles();
    const special = { ...files, [unet]: weights('special') };
    const hub = await startHub([{ id, files, revisions: { fp16: special, 'refs/pr/1': files } }]);
    const { folder, pull } = puller(hub);
    await pull(`${id}@fp16`, { name: 'special' });
    await pull(`${id}@refs/pr/1`, { name: 'proposed' });
    expect(filesIn(join(folder, 'special'))[unet]!.equals(special[unet])).toBe(true);
    expect(await readOrigin(join(folder, 'proposed'))).toMatchObject({ revision: 'refs/pr/1' });
    await expect(pull(`${id}@none`)).rejects.toThrow('it has no such revision, want a branch, tag or commit');
  });

  test('never takes the place of what is from elsewhere', async () => {
    const hub = await startHub([{ id, files: await checkpointFiles() }]);
    const { folder, pull } = puller(hub);
    mkdirSync(join(folder, 'tiny-sd'));
    writeFileSync(join(folder, 'tiny-sd', 'model_index.json'), 'mine');
    await expect(pull(id)).rejects.toThrow(
      /tiny-sd, not from there, want another name with --as, or kiln rm tiny-sd first$/,
    );
    expect(String(filesIn(join(folder, 'tiny-sd'))['model_index.json'])).toBe('mine');
    writeFileSync(join(folder, 'one.safetensors'), '');
    await expect(pull(id, { name: 'one' })).rejects.toThrow('one.safetensors, not from there');
  });

  test('that another process pulls is left to it; a dead one is followed', async () => {
    const hub = await startHub([{ id, files: await checkpointFiles() }]);
    const { folder, pull } = puller(hub);
    const lock = join(folder, '.incomplete', 'somebody--tiny-sd', 'lock');
    mkdirSync(join(lock, '..'), { recursive: true });
    writeFileSync(lock, `${process.ppid}\n`);
    await expect(pull(id)).rejects.toThrow(`found process ${process.ppid} at it, want it to end first`);
    writeFileSync(lock, '4194399\n');
    await pull(id);
  });

  test('that Kiln cannot draw with is refused before its weights come', async () => {
    const index = {
      _class_name: 'FluxPipeline',
      transformer: ['diffusers', 'FluxTransformer2DModel'],
      vae: ['diffusers', 'AutoencoderKL'],
    };
    const files = {
      'model_index.json': JSON.stringify(index),
      'transformer/diffusion_pytorch_model.safetensors': weights(),
    };
    const hub = await startHub([{ id, files }]);
    const { folder, pull } = puller(hub);
    await expect(pull(id)).rejects.toThrow(
      `Cannot pull ${id}: model_index.json: its "FluxPipeline" has no unet, want UNet2DConditionModel`,
    );
    expect(hub.asked.filter(({ host }) => host === 'cdn')).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('whose weights are pickles alone is refused', async () => {
    const { [unet]: _, ...files } = await checkpointFiles();
    const hub = await startHub([{ id, files: { ...files, 'unet/diffusion_pytorch_model.bin': 'pickle' } }]);
    await expect(puller(hub).pull(id)).rejects.toThrow(
      `Cannot pull ${id}: unet has its weights in "diffusion_pytorch_model.bin" alone, want a repo with .safetensors`,
    );
  });
});

describe('a repo of something else', () => {
  test('is its one file: by its tensors a LoRA, with its origin beside it', async () => {
    const files = { 'README.md': '', 'pytorch_lora_weights.safetensors': weights() };
    const hub = await startHub([{ id: 'somebody/ink', files, licence: 'mit' }]);
    const { folder, pull } = puller(hub);
    expect(await pull('somebody/ink')).toMatchObject({ name: 'ink', kind: 'lora', licence: 'mit' });
    expect(await listSideModels('loras', [folder])).toMatchObject([{ name: 'ink' }]);
    const path = join(folder, 'loras', 'ink.safetensors');
    expect(await readOrigin(path)).toMatchObject({ source: 'somebody/ink', licence: 'mit' });
    expect(filesIn(folder)['loras/ink.safetensors']!.equals(files['pytorch_lora_weights.safetensors'])).toBe(
      true,
    );
    const large = hub.asked.filter(({ host }) => host === 'cdn').length;
    expect(await pull('somebody/ink')).toMatchObject({ already: true, name: 'ink', kind: 'lora', bytes: 0 });
    expect(hub.asked.filter(({ host }) => host === 'cdn')).toHaveLength(large);
    expect(readdirSync(folder)).toEqual(['loras']);
    rmSync(path);
    expect(await pull('somebody/ink')).toMatchObject({ already: false });
  });

  test('of several files is one of them, by repo and file or by the address of its page', async () => {
    const files = {
      'four.safetensors': weights('a'),
      'eight.safetensors': weights('b'),
      'x/deep.safetensors': weights('c'),
    };
    const hub = await startHub([{ id: 'somebody/steps', files }]);
    const { folder, pull } = puller(hub);
    await expect(pull('somebody/steps')).rejects.toThrow(
      'found "four.safetensors", "eight.safetensors", want one of them, as somebody/steps/FILE',
    );
    await pull('somebody/steps/four.safetensors', { kind: 'lora' });
    await pull(`${hub.endpoint}/somebody/steps/blob/main/x/deep.safetensors`, {
      kind: 'lora',
      name: 'deepest',
    });
    expect((await listSideModels('loras', [folder])).map(({ name }) => name)).toEqual(['deepest', 'four']);
    await expect(pull('somebody/steps/four.safetensors', { variant: 'fp16' })).rejects.toThrow(
      'found --variant for a',
    );
    await expect(pull('somebody/steps/none.safetensors')).rejects.toThrow(
      'it has no file "none.safetensors"',
    );
  });

  test.each([
    ['ControlNetModel', 'controlnet', 'controlnets'],
    ['AutoencoderKL', 'vae', 'vae'],
    ['AutoencoderTiny', 'vae', 'vae'],
  ] as const)('with the config of a %s is a %s', async (className, kind, beside) => {
    const files = {
      'config.json': JSON.stringify({ _class_name: className }),
      'diffusion_pytorch_model.safetensors': weights('x'),
      'diffusion_pytorch_model.bin': 'pickle',
      'other.safetensors': weights('y'),
    };
    const hub = await startHub([{ id: 'somebody/part', files }]);
    const { folder, pull } = puller(hub);
    expect(await pull('somebody/part')).toMatchObject({ kind, name: 'part', files: 2 });
    expect(await listSideModels(beside, [folder])).toMatchObject([{ name: 'part' }]);
    expect(Object.keys(filesIn(join(folder, beside, 'part')))).toEqual([
      ...['config.json', 'diffusion_pytorch_model.safetensors', 'kiln.json'],
    ]);
  });

  test('with the config of another program is its one file', async () => {
    const files = { 'config.json': '{"model_type":"lora"}', 'ink.safetensors': weights() };
    const hub = await startHub([{ id: 'somebody/ink', files }]);
    expect(await puller(hub).pull('somebody/ink')).toMatchObject({ kind: 'lora', name: 'ink' });
  });

  test('of no known kind is kept until --kind says what it is', async () => {
    const hub = await startHub([{ id: 'somebody/odd', files: { 'odd.safetensors': weights('odd.thing') } }]);
    const { pull } = puller(hub);
    await expect(pull('somebody/odd')).rejects.toThrow(
      'found tensors of no kind that Kiln knows ("odd.thing"), want --kind lora or embedding or',
    );
    const before = hub.asked.filter(({ host }) => host === 'cdn').length;
    expect(await pull('somebody/odd', { kind: 'upscaler' })).toMatchObject({ kind: 'upscaler', name: 'odd' });
    expect(hub.asked.filter(({ host }) => host === 'cdn').length).toBe(before);
  });

  test('with neither is told what is missing', async () => {
    const hub = await startHub([{ id: 'somebody/words', files: { 'README.md': 'words' } }]);
    await expect(puller(hub).pull('somebody/words')).rejects.toThrow(
      'Cannot pull somebody/words: found neither model_index.json nor a .safetensors file at its root, want one',
    );
    await expect(puller(hub).pull('somebody/none')).rejects.toThrow(
      'there is no such repo, or it is private',
    );
  });
});
