import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type FakeHub, startHub } from '../fakes/hub/fakeHub.js';
import { sha256 } from '../fakes/hub/repos.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { checkpointFiles, filesIn, weights } from '../hub/puller.js';
import { entry, kiln, startKiln } from './kiln.js';

const tensor = 'lora_unet_x.lora_up.weight';
const at = (hub: FakeHub) => ({ HF_ENDPOINT: hub.endpoint });

test('what was pulled draws with no hub in reach', async () => {
  const hub = await startHub([
    { id: 'somebody/tiny-sd', files: await checkpointFiles(), licence: 'openrail' },
  ]);
  const folder = temporaryFolder();
  const pulled = await kiln(folder, ['pull', 'somebody/tiny-sd', '--as', 'tiny'], at(hub));
  expect(pulled).toMatchObject({ status: 0, stderr: '' });
  expect(pulled.stdout).toMatch(
    /^tiny: model, \d+ files, [\d.]+ [kM]B, licence openrail, in .*data\/models\/tiny\n$/,
  );

  // Its weights are known by now: the first start does not read them through.
  const known = readdirSync(join(folder, 'data', 'cache', 'checked')).map(
    (name) => JSON.parse(readFileSync(join(folder, 'data', 'cache', 'checked', name), 'utf8')).path,
  );
  expect(known.filter((path) => path.endsWith('.safetensors')).toSorted()).toEqual(
    ['text_encoder/model', 'unet/diffusion_pytorch_model', 'vae/diffusion_pytorch_model'].map((name) =>
      join(realpathSync(folder), 'data', 'models', 'tiny', `${name}.safetensors`),
    ),
  );

  const asked = hub.asked.length;
  const nowhere = { HF_ENDPOINT: 'http://127.0.0.1:1' };
  const drawing = [
    'draw',
    'a cat',
    '--model',
    'tiny',
    '--steps',
    '1',
    '--seed',
    '1',
    '--width',
    '64',
    '--height',
    '64',
  ];
  expect(await kiln(folder, [...drawing, '--out', 'cat.png', '--device', 'cpu'], nowhere)).toMatchObject({
    status: 0,
  });
  expect(readFileSync(join(folder, 'cat.png')).subarray(1, 4).toString()).toBe('PNG');
  expect(hub.asked.length).toBe(asked);

  const { stdout } = await kiln(folder, ['models', '--json'], nowhere);
  const [sprite, tiny] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(sprite).toMatchObject({ name: 'sprite', builtIn: true });
  expect(tiny).toMatchObject({
    ...{ name: 'tiny', kind: 'model', builtIn: false, default: false, licence: 'openrail' },
    ...{ pipelineClass: 'StableDiffusionPipeline', source: 'somebody/tiny-sd', bytes: expect.any(Number) },
  });
});

describe('Ctrl-C', () => {
  test('keeps what came of 100 MB, lists nothing, and the same command goes on with it', async () => {
    const bytes = weights(tensor, 100_000_000);
    const hub = await startHub([{ id: 'somebody/ink', files: { 'ink.safetensors': bytes } }]);
    hub.trouble = ({ host, before }) => (host === 'cdn' && before === 0 ? { slice: 1_000_000 } : undefined);
    const folder = temporaryFolder();
    const models = join(folder, 'data', 'models');
    const { child, ended } = startKiln(folder, ['pull', 'somebody/ink'], at(hub));
    const part = join(models, '.incomplete', 'somebody--ink', `${sha256(bytes)}.incomplete`);
    const came = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
    await expect.poll(came, { timeout: 30_000, interval: 200 }).toBeGreaterThan(20_000_000);
    child.kill('SIGINT');
    const { status, stdout, stderr } = await ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toMatch(
      /^Stopped pulling somebody\/ink: [\d.]+ MB of 100\.0 MB are kept, and the same command goes on\n$/,
    );

    expect((await kiln(folder, ['models'])).stdout).toMatch(
      /^sprite .*\nsomebody\/ink: unfinished, [\d.]+ MB so far; /,
    );
    expect(await kiln(folder, ['pull', 'somebody/ink', '--json'], at(hub))).toMatchObject({
      status: 0,
      stderr: '',
    });
    const range = /^bytes=(\d+)-$/.exec(hub.asked.at(-1)!.headers.range ?? '');
    expect(Number(range?.[1])).toBeGreaterThan(20_000_000);
    expect(readFileSync(join(models, 'loras', 'ink.safetensors')).equals(bytes)).toBe(true);
    expect((await kiln(folder, ['models'])).stdout).toMatch(
      /^sprite .*\nink: lora, 100\.0 MB, licence unknown, .*\n$/,
    );
  });

  test('ends a wait for a busy hub at once', async () => {
    const hub = await startHub([{ id: 'somebody/ink', files: { 'ink.safetensors': weights() } }]);
    hub.trouble = ({ host }) =>
      host === 'cdn' ? { status: 503, headers: { 'retry-after': '100' } } : undefined;
    const { child, ended } = startKiln(temporaryFolder(), ['pull', 'somebody/ink'], at(hub));
    await expect.poll(() => hub.asked.some(({ host }) => host === 'cdn'), { timeout: 20_000 }).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({
      status: 130,
      stderr: 'Stopped pulling somebody/ink: nothing came yet\n',
    });
  });
});

test('a token from the environment opens what is gated', async () => {
  const hub = await startHub([{ id: 'somebody/ink', files: { 'ink.safetensors': weights() }, gated: true }]);
  const folder = temporaryFolder();
  const { status, stderr } = await kiln(folder, ['pull', 'somebody/ink'], at(hub));
  expect(status).toBe(1);
  expect(stderr).toBe(
    `Cannot pull somebody/ink: it is gated, want HF_TOKEN set, and its licence accepted at ${hub.endpoint}/somebody/ink\n`,
  );
  expect(await kiln(folder, ['pull', 'somebody/ink'], { ...at(hub), HF_TOKEN: hub.token })).toMatchObject({
    status: 0,
  });
});

test.skipIf(process.platform === 'win32')(
  'a file larger than may be written is told in one sentence',
  async () => {
    const hub = await startHub([
      { id: 'somebody/ink', files: { 'ink.safetensors': weights(tensor, 4_000_000) } },
    ]);
    const command = `ulimit -f 2000; "${process.execPath}" "${entry}" pull somebody/ink`;
    const env = { PATH: process.env.PATH, ...at(hub) };
    const ended = promisify(execFile)('sh', ['-c', command], { cwd: temporaryFolder(), env });
    await expect(ended).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^Cannot pull somebody\/ink into \/.*\/data\/models: the file would be larger than the system allows\n$/,
      ),
    });
  },
);

test.each<[string, string[], string]>([
  ['two things', ['pull', 'a/b', 'c/d'], 'Cannot pull: found 2 of them, want one OWNER/REPO or address'],
  ['an unknown kind', ['pull', 'a/b', '--kind', 'style'], 'found --kind style, want one of model, lora,'],
  [
    'a name with a folder',
    ['pull', 'a/b', '--as', '../x'],
    'Cannot pull a/b: found the name "../x", want letters',
  ],
  ['the name of a side folder', ['pull', 'a/b', '--as', 'loras'], 'found the name loras, which is a folder'],
  ['a variant with a path', ['pull', 'a/b', '--variant', '../x'], 'want a word such as fp16'],
  [
    'http',
    ['pull', 'http://models.example/x.safetensors'],
    'Cannot pull models.example: found the address http://models.example, want https',
  ],
  ['nothing to remove', ['rm'], 'Cannot remove: want one name'],
  [
    'the built-in model',
    ['rm', 'sprite'],
    'Cannot remove "sprite": it comes with Kiln, want one that was pulled',
  ],
  ['what is not there', ['rm', '../x'], 'Cannot remove "../x": there is none but the built-in one'],
])('%s is refused in one sentence', async (_, args, sentence) => {
  const { status, stdout, stderr } = await kiln(temporaryFolder(), args, {
    HF_ENDPOINT: 'http://127.0.0.1:1',
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^Cannot [^\n]+\n$/);
  expect(stderr).toContain(sentence);
});

describe('kiln rm', () => {
  test('removes a file with its record, and of a link the link alone', async () => {
    const hub = await startHub([{ id: 'somebody/ink', files: { 'ink.safetensors': weights() } }]);
    const folder = temporaryFolder();
    const models = join(folder, 'data', 'models');
    await kiln(folder, ['pull', 'somebody/ink'], at(hub));
    const kept = temporaryFolder();
    symlinkSync(kept, join(models, 'loras', 'linked'));
    for (const name of ['ink', 'linked']) {
      const { status, stdout } = await kiln(folder, ['rm', name]);
      expect({ status, stdout }).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(`^Removed lora ${name}, \\d+ kB\n$`),
      });
    }
    expect(Object.keys(filesIn(models))).toEqual([]);
    expect(existsSync(kept)).toBe(true);
    expect((await kiln(folder, ['rm', 'ink'])).status).toBe(1);
  });

  test('asks which of two with one name, and removes what an unfinished pull left', async () => {
    const hub = await startHub([
      { id: 'a/ink', files: { 'ink.safetensors': weights() } },
      { id: 'b/ink', files: { 'ink.safetensors': weights('odd') } },
    ]);
    const folder = temporaryFolder();
    await kiln(folder, ['pull', 'a/ink'], at(hub));
    expect((await kiln(folder, ['pull', 'b/ink'], at(hub))).status).toBe(1);
    expect((await kiln(folder, ['rm', 'b/ink'])).stdout).toMatch(
      /^Removed what an unfinished pull of b\/ink left, \d+ kB\n$/,
    );
    await kiln(folder, ['pull', 'b/ink', '--kind', 'upscaler'], at(hub));
    expect((await kiln(folder, ['rm', 'ink'])).stderr).toBe(
      'Cannot remove "ink": found 2 of that name, want --kind lora or upscaler\n',
    );
    expect((await kiln(folder, ['rm', 'ink', '--kind', 'loras'])).stderr).toBe(
      'Cannot remove: found --kind loras, want one of model, lora, embedding, vae, controlnet, upscaler\n',
    );
    expect((await kiln(folder, ['rm', 'ink', '--kind', 'lora'])).status).toBe(0);
    expect(Object.keys(filesIn(join(folder, 'data', 'models')))).toEqual([
      'upscalers/ink.kiln.json',
      'upscalers/ink.safetensors',
    ]);
    expect(readdirSync(join(folder, 'data', 'models'))).not.toContain('.incomplete');
  });
});
