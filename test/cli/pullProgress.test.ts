import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { startPullProgress } from '../../src/cli/pullProgress.js';

test('a terminal shows what is looked at, then how much of it is here', async () => {
  const written: string[] = [];
  const terminal = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    cursorTo() {},
    clearLine() {},
  });
  terminal.on('data', (piece) => written.push(String(piece)));
  const bar = await startPullProgress(terminal, 'owner/repo');
  bar.onSize(4_000_000_000);
  bar.onBytes(2_500_000_000);
  bar.onBytes(-1_500_000_000);
  bar.stop();
  expect(bar).toMatchObject({ here: 1_000_000_000, total: 4_000_000_000 });
  expect(written.join('')).toContain('Looking at owner/repo');
  expect(written.join('')).toMatch(/Pulling owner\/repo [█░]{30} 25% 1\.00 GB of 4\.00 GB/);
});
