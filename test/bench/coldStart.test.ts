import { join } from 'node:path';
import { expect, test } from 'vitest';
import { coldStart } from '../../src/bench/coldStart.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

const env = { PATH: process.env.PATH };

function run(script: string, signal = new AbortController().signal) {
  const file = join(temporaryFolder(), 'cold.png');
  const command = [process.execPath, '-e', script, file];
  return coldStart({ name: 'someone', command, env, file, signal });
}

test('a cold start lasts until its process ends', async () => {
  const later = 'setTimeout(() => require("fs").writeFileSync(process.argv[1], "a picture"), 300)';
  const { seconds } = await run(later);
  expect(seconds).toBeGreaterThan(0.3);
});

test.skipIf(process.platform !== 'linux')('its memory is that of all its processes', async () => {
  // 100 MB in a child, 50 in its parent, which waits for it.
  const child = 'Buffer.alloc(1e8, 1); setTimeout(() => {}, 400)';
  const parent = `
    const held = Buffer.alloc(5e7, 1);
    const { spawn } = require('child_process');
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(`globalThis.held = ${child}`)}]);
    child.on('exit', () => require('fs').writeFileSync(process.argv[1], 'a picture' + held.length))`;
  const [alone, both] = [
    await run('require("fs").writeFileSync(process.argv[1], "a picture")'),
    await run(parent),
  ];
  expect(both.memory!.private).toBeGreaterThan(150);
  expect(both.memory!.peak).toBeGreaterThan(both.memory!.private);
  expect(alone.memory!.private).toBeLessThan(100);
});

test.each([
  ['process.exit(2)', 'Cannot measure the cold start of someone: its process ended (status 2)'],
  [
    'console.error("Traceback\\nno weights"); process.exit(1)',
    'Cannot measure the cold start of someone: its process ended (status 1): no weights',
  ],
  ['', 'Cannot measure the cold start of someone: it drew no picture'],
  [
    'console.log(JSON.stringify({ unavailable: "Cannot run someone: no torch" }))',
    'Cannot measure the cold start of someone: it drew no picture: Cannot run someone: no torch',
  ],
])('%s is no cold start', async (script, message) => {
  await expect(run(script)).rejects.toMatchObject({ code: 'engine-died', message });
});

test('a program that is not there is named', async () => {
  const { signal } = new AbortController();
  const cold = coldStart({ name: 'someone', command: ['no-such-program'], env, file: '/none', signal });
  await expect(cold).rejects.toThrow('no-such-program does not start (ENOENT)');
});

test('cancelling ends it at once', async () => {
  const controller = new AbortController();
  const running = run('setInterval(() => {}, 1000)', controller.signal);
  setTimeout(() => controller.abort(), 200);
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
});
