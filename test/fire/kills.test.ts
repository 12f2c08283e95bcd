import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { kiln, startKiln } from '../cli/kiln.js';
import { type FakeDiscord, startFakeDiscord } from '../fakes/discord/fakeDiscord.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { childrenOf, isAlive, type KilnProcess, killAll, startKilnProcess } from './storm/kilnProcess.js';
import { createLedger } from './storm/ledger.js';

const standIn = new URL('../fixtures/room-stand-in.mjs', import.meta.url).href;
const linux = process.platform === 'linux';
if (!linux) console.log('Left out: what becomes of the engine process, which is looked up in /proc');

let discord: FakeDiscord;
let folder: string;
beforeEach(async () => {
  discord = await startFakeDiscord({ identifyWindow: 0 });
  folder = temporaryFolder();
});
afterEach(async () => {
  await killAll();
  discord.assertNoBreach();
  await discord.close();
});

function start(): KilnProcess {
  return startKilnProcess({
    env: {
      KILN_DATA: folder,
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_SHARDS: '1',
      KILN_SLOTS: '4',
    },
    pipeline: standIn,
  });
}

const picture = ({ files, buttons }: { files: readonly unknown[]; buttons: readonly unknown[] }) =>
  files.length === 1 && buttons.length > 1;
const patience = 60_000;
vi.setConfig({ testTimeout: 180_000 });

describe('a data folder', () => {
  test('is refused to a second Kiln while the first lives, and its own again after kill -9', async () => {
    const first = start();
    await first.up;
    const second = start();
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.said).toContain(`another Kiln (process ${first.pid}) uses ${folder}`);
    expect(first.over).toBe(false);
    await first.kill();
    const third = start();
    expect(await third.up).toMatch(/^http/);
    expect(await third.stop()).toBe(0);
  });
});

describe('SIGTERM in the midst of drawing', () => {
  test('ends Kiln within ten seconds, is told in the room, and the next start draws it', async () => {
    const kiln = start();
    await kiln.up;
    const [ada, channel] = [discord.user(), discord.channel()];
    const answer = ada.slash(channel, 'imagine', { prompt: 'a fox that takes 2600 ms' });
    await answer.until(({ content }) => content.includes('Drawing'), patience);
    const began = performance.now();
    expect(await kiln.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(answer.message()?.content).toContain('Kiln is restarting; this is drawn when it is back.');
    expect(createLedger(folder).rows()).toMatchObject([{ state: 'queued', attempt: 2 }]);
    const next = start();
    await next.up;
    const done = await answer.until(picture, patience);
    expect(done.id).toBe(answer.message()?.id);
    expect(discord.messages(channel)).toHaveLength(1);
    expect(await next.stop()).toBe(0);
  });
});

test('kiln start is one to a folder, and SIGTERM ends it with status 0 in the midst of the built-in model', async () => {
  const environment = { KILN_PORT: '0', KILN_DEVICE: 'cpu', KILN_DATA: folder };
  const { child, ended } = startKiln(folder, ['start'], environment);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout!, 'data');
  const address = /http:\S+/.exec(String(line))![0];
  const second = await kiln(folder, ['start'], environment);
  expect(second).toMatchObject({ status: 1, stdout: '' });
  expect(second.stderr).toContain(`Cannot start: another Kiln (process ${child.pid}) uses ${folder}`);
  await fetch(`${address}/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: address },
    body: JSON.stringify({ key: randomUUID(), text: '/imagine a red heart --steps 1000' }),
  });
  const ledger = createLedger(folder);
  await vi.waitFor(() => expect(ledger.rows()).toMatchObject([{ state: 'running' }]), { timeout: patience });
  const began = performance.now();
  child.kill('SIGTERM');
  expect((await ended).status).toBe(0);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(ledger.rows()).toMatchObject([{ state: 'queued', attempt: 2 }]);
  expect(ledger.kept('playground/messages')).toContain('Kiln is restarting');
});

describe.runIf(linux)('the engine', () => {
  test('ends within two seconds of a Kiln that was killed, even in the midst of drawing', async () => {
    const kiln = start();
    await kiln.up;
    const channel = discord.channel();
    const answer = discord.user().slash(channel, 'imagine', { prompt: 'a fox that takes 60000 ms' });
    await answer.until(({ content }) => content.includes('Drawing'), patience);
    const engines = childrenOf(kiln.pid);
    expect(engines.filter(isAlive)).not.toEqual([]);
    await kiln.kill();
    await vi.waitFor(() => expect(engines.filter(isAlive)).toEqual([]), { timeout: 2000, interval: 20 });
  });

  test('killed while three draw, draws them again one by one, each once in the room', async () => {
    const kiln = start();
    await kiln.up;
    const channel = discord.channel();
    const answers = Array.from({ length: 3 }, (_, at) =>
      discord.user().slash(channel, 'imagine', { prompt: `fox ${at} takes 1300 ms` }),
    );
    const ledger = createLedger(folder);
    ledger.watch();
    const drawing = ({ content }: { content: string }) => content.includes('Drawing: step');
    await Promise.all(answers.map((answer) => answer.until(drawing, patience)));
    const engine = childrenOf(kiln.pid).find((pid) => commandOf(pid).includes('engine/process'));
    process.kill(engine!, 'SIGKILL');
    await Promise.all(answers.map((answer) => answer.until(picture, patience)));
    expect(discord.messages(channel)).toHaveLength(3);
    await vi.waitFor(() => expect(ledger.unfinished()).toBe(0), { timeout: patience });
    expect(ledger.rows()).toMatchObject(Array(3).fill({ state: 'delivered', attempt: 2 }));
    const moves = ledger.moves();
    expect(moves.filter(({ was, now }) => was === 'running' && now === 'queued')).toHaveLength(3);
    // Back to the line all together; then each has the engine to itself until it is drawn.
    const starts = moves.slice(3).filter(({ now }) => now === 'running');
    const apart = starts.slice(1).map(({ at }, before) => at - starts[before]!.at);
    expect(apart).toHaveLength(2);
    expect(Math.min(...apart)).toBeGreaterThan(1200);
    expect(await kiln.stop()).toBe(0);
  });
});

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}
