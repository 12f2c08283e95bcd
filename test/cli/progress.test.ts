import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { startProgress } from '../../src/cli/progress.js';

function stream(isTTY: boolean) {
  const written: string[] = [];
  const through = Object.assign(new PassThrough(), { isTTY, columns: 80, cursorTo() {}, clearLine() {} });
  through.on('data', (piece) => written.push(String(piece)));
  return { through, written };
}

test('a terminal shows the model that opens, then the steps of all pictures together', async () => {
  const { through, written } = stream(true);
  const bar = await startProgress(through, 'sprite', 2);
  bar.step(0, { step: 3, steps: 20 });
  bar.step(1, { step: 2, steps: 20 });
  bar.step(0, { step: 4, steps: 20 });
  bar.stop();
  const text = written.join('');
  expect(text).toContain('Opening sprite');
  expect(text).toMatch(/Drawing [█░]{30} 6\/40/);
});

test('what is no terminal gets nothing', async () => {
  const { through, written } = stream(false);
  const bar = await startProgress(through, 'sprite', 1);
  bar.step(0, { step: 1, steps: 2 });
  bar.stop();
  expect(written).toEqual([]);
});
