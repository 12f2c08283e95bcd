import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openPeer, type PeerProcess } from '../../src/bench/peerProcess.js';
import { type CallAsk, callLine, type PictureAsk, pictureLine } from '../../src/bench/protocol.js';
import { isAlive } from '../../src/engine/checkpoint/isAlive.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

const standIn = fileURLToPath(new URL('../fixtures/peer-stand-in.mjs', import.meta.url));
const env = { PATH: process.env.PATH! };
const call: CallAsk = { do: 'call', width: 64, height: 64, batch: 1, tokens: 24 };
const picture: PictureAsk = {
  ...{ do: 'picture', prompt: 'a dog', negative: '', width: 64, height: 64, steps: 2, guidance: 3 },
  ...{ seed: 0, count: 1 },
};

async function open(
  name: string,
  folder: string,
  signal = new AbortController().signal,
): Promise<PeerProcess> {
  const command = [
    process.execPath,
    standIn,
    '--peer',
    name,
    '--model',
    '.',
    '--threads',
    '1',
    '--cache',
    folder,
  ];
  const peer = await openPeer({ name, command, env, signal });
  onTestFinished(() => peer.close());
  return peer;
}

test('a peer says what it is, past what its libraries say, and answers in turn', async () => {
  const folder = temporaryFolder();
  const peer = await open('diffusers', folder);
  expect(peer.ready).toMatchObject({ versions: { 'stand-in': '1.0' }, open_seconds: 0.1 });
  expect(await peer.ask(call, callLine)).toEqual({ seconds: 0.25 });
  expect(await peer.ask(picture, pictureLine)).toMatchObject({ seconds: 2, unet_seconds: 1.5, peak_mb: 100 });
  const asked = readFileSync(join(folder, 'diffusers.asked'), 'utf8').trim().split('\n');
  expect(asked.map((line) => JSON.parse(line))).toEqual([call, picture]);
  expect(isAlive(peer.pid!)).toBe(true);
  await peer.close();
  expect(isAlive(peer.pid!)).toBe(false);
});

test('one that is not installed says so in its own words', async () => {
  await expect(open('openvino', temporaryFolder())).rejects.toMatchObject({
    code: 'not-found',
    message: 'Cannot run openvino: this Python lacks openvino',
  });
});

test('one that dies is told with the last that it said, now and when it is asked again', async () => {
  const peer = await open('onnxruntime', temporaryFolder());
  const died = {
    code: 'engine-died',
    message: 'Cannot measure onnxruntime: its process ended (status 3): MemoryError: no room',
  };
  await expect(peer.ask(picture, pictureLine)).rejects.toMatchObject(died);
  await expect(peer.ask(call, callLine)).rejects.toMatchObject(died);
});

test('one that cannot answer says why, and goes on', async () => {
  const peer = await open('diffusers-bf16', temporaryFolder());
  await expect(peer.ask(picture, pictureLine)).rejects.toThrow(
    'Cannot measure diffusers-bf16: Cannot draw: bfloat16 is not here',
  );
  expect(await peer.ask(call, callLine)).toEqual({ seconds: 0.25 });
});

test('a Python that is not there is named', async () => {
  const { signal } = new AbortController();
  const opening = openPeer({ name: 'diffusers', command: ['no-such-python', 'peer.py'], env, signal });
  await expect(opening).rejects.toThrow('Cannot measure diffusers: no-such-python does not start (ENOENT)');
});

test('a program that is no peer is told by what it says', async () => {
  const { signal } = new AbortController();
  const command = [process.execPath, '-e', 'console.log(JSON.stringify({ hello: 1 }))'];
  await expect(openPeer({ name: 'diffusers', command, env, signal })).rejects.toThrow(
    'Cannot measure diffusers: it says {"hello":1}',
  );
});

test('cancelling does not wait for an answer, and ends the process', async () => {
  const folder = temporaryFolder();
  const controller = new AbortController();
  const peer = await open('diffusers-compiled', folder, controller.signal);
  expect(existsSync(join(folder, 'diffusers-compiled.pid'))).toBe(true);
  const asking = peer.ask(call, callLine);
  controller.abort();
  await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
  await peer.close();
  expect(isAlive(peer.pid!)).toBe(false);
});
