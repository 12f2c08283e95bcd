/**
 * How soon Kiln acknowledges while its engine draws flat out: so many commands a second by the real discord.js, from
 * the fake Discord of the tests, with the real engine and the built-in model.
 *
 *     npm run build && node dist/bench/ack.js [--rate 50] [--seconds 60]
 *
 * Discord waits three seconds; Kiln's own goal is half a second for 99 of 100.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startFakeDiscord } from '../test/fakes/discord/fakeDiscord.js';

const { values } = parseArgs({
  options: { rate: { type: 'string', default: '50' }, seconds: { type: 'string', default: '60' } },
});
const rate = Number(values.rate);
const count = rate * Number(values.seconds);

const folder = mkdtempSync(join(tmpdir(), 'kiln-ack-'));
const discord = await startFakeDiscord({ identifyWindow: 0 });
const kiln = spawn(process.execPath, [fileURLToPath(new URL('../src/cli.js', import.meta.url)), 'start'], {
  env: {
    PATH: process.env.PATH,
    KILN_DATA: folder,
    KILN_PORT: '0',
    KILN_WAITING: '100000',
    KILN_LOG_LEVEL: 'error',
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const address = await firstAddress();
  for (;;) {
    const { ok } = await fetch(`${address}/readyz`);
    if (ok) break;
    await later(500);
  }
  const channels = Array.from({ length: 20 }, () => discord.channel());
  const people = Array.from({ length: 200 }, () => discord.user());
  for (const channel of channels.slice(0, 8))
    people[0]!.slash(channel, 'imagine', { prompt: 'warm', count: 4 });
  await later(2000);

  const began = performance.now();
  const waits: Promise<number>[] = [];
  for (let index = 0; index < count; index++) {
    const due = began + (index * 1000) / rate;
    const early = due - performance.now();
    if (early > 0) await later(early);
    const person = people[index % people.length]!;
    const answer = person.slash(channels[index % channels.length]!, 'imagine', {
      prompt: `a red heart ${index}`,
    });
    waits.push(answer.acknowledged.catch(() => Number.POSITIVE_INFINITY));
  }
  const sorted = (await Promise.all(waits)).sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(sorted[Math.ceil(share * sorted.length) - 1]!)} ms`;
  const late = sorted.filter((wait) => wait > 3000).length;
  const drawn = (await (await fetch(`${address}/metrics`)).text()).match(
    /kiln_draw_seconds_count\S* (\d+)/,
  )?.[1];
  console.log(`${count} commands at ${rate}/s while the engine drew ${drawn} jobs:`);
  console.log(`acknowledged p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}; ${late} later than 3 s`);
  console.log(
    `breaches of Discord's limits: ${discord.breaches.length === 0 ? 'none' : discord.breaches.slice(0, 5).join('; ')}`,
  );
} finally {
  kiln.kill('SIGKILL');
  await discord.close();
  rmSync(folder, { recursive: true, force: true });
}

async function firstAddress(): Promise<string> {
  for await (const line of createInterface({ input: kiln.stdout! })) {
    const found = /Playground: (\S+)/.exec(line)?.[1];
    if (found) return found;
  }
  throw new Error('Kiln did not start');
}
