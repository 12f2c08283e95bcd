import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { lockFolder } from '../../../src/log/prisma/lock.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';

const compiled = pathToFileURL('dist/src/log/prisma/lock.js').href;

/** Another process that locks the folder, says so, and then waits for its end. */
async function other(folder: string): Promise<{ said: string; child: ChildProcess }> {
  const script = `
    import { lockFolder } from ${JSON.stringify(compiled)};
    try { lockFolder(${JSON.stringify(folder)}); console.log('locked'); } catch (error) { console.log(error.message); }
    setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [said] = await once(child.stdout!, 'data');
  return { said: String(said).trim(), child };
}

test('a second process is refused and told which is the first', async () => {
  const folder = temporaryFolder();
  const lock = lockFolder(folder);
  onTestFinished(() => lock.release());
  expect((await other(folder)).said).toBe(
    `Cannot start: another Kiln (process ${process.pid}) uses ${folder}, want a folder of its own`,
  );
});

test('the lock dies with its process, even by kill -9', async () => {
  const folder = temporaryFolder();
  const { said, child } = await other(folder);
  expect(said).toBe('locked');
  expect(() => lockFolder(folder)).toThrow(
    expect.objectContaining({
      code: 'bad-option',
      message: `Cannot start: another Kiln (process ${child.pid}) uses ${folder}, want a folder of its own`,
    }),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = lockFolder(folder);
  expect(readFileSync(join(folder, 'kiln.pid'), 'utf8')).toBe(`${process.pid}\n`);
  lock.release();
});

test('a second lock in one process is refused, and leaves the first standing', async () => {
  const folder = temporaryFolder();
  const lock = lockFolder(folder);
  onTestFinished(() => lock.release());
  expect(() => lockFolder(folder)).toThrow('another Kiln');
  expect((await other(folder)).said).toContain('another Kiln');
});

test('a released folder can be locked again, and the first release stays without effect', async () => {
  const folder = join(temporaryFolder(), 'made/by/it');
  const first = lockFolder(folder);
  first.release();
  const second = lockFolder(folder);
  first.release();
  expect(() => lockFolder(folder)).toThrow('another Kiln');
  second.release();
});
