import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFrom } from '../../src/config/config.js';
import { type Logger, silentLogger } from '../../src/logger.js';
import { openModelLibrary } from '../../src/wiring/modelLibrary.js';
import { createHandClock } from '../fixtures/handClock.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

const sd1 = 'test/golden/families/sd1/checkpoint';

async function stage() {
  const folder = temporaryFolder();
  const models = join(folder, 'models');
  await cp(sd1, join(models, 'one'), { recursive: true });
  const clock = createHandClock();
  const warnings: string[] = [];
  const warn = (_: object, text: string) => void warnings.push(text);
  const logger = { ...silentLogger, warn } as Logger;
  const library = await openModelLibrary({ config: configFrom({ KILN_DATA: folder }), clock, logger });
  const names = () => library.list().map(({ info }) => info.name);
  /** What is there now, once it was asked for and looked up. */
  const later = async () => {
    await clock.advance(5001);
    names();
    // Files are read in the machine's own time.
    await new Promise((resolve) => setTimeout(resolve, 500));
    return names();
  };
  return { models, library, names, later, warnings };
}

test('a model that is put there is known seconds later, and one that is taken away is not any more', async () => {
  const { models, library, names, later } = await stage();
  expect(names()).toEqual(['sprite', 'one']);
  await cp(sd1, join(models, 'two'), { recursive: true });
  expect(names()).toEqual(['sprite', 'one']);
  expect(await later()).toEqual(['sprite', 'one', 'two']);
  expect(library.find('TWO')?.path).toBe(join(models, 'two'));
  await rm(join(models, 'one'), { recursive: true });
  expect(await later()).toEqual(['sprite', 'two']);
  expect(library.find('one')).toBeUndefined();
});

test('one that cannot be read is told of once, and known when it can be', async () => {
  const { models, later, warnings } = await stage();
  await mkdir(join(models, 'half'));
  await writeFile(join(models, 'half', 'model_index.json'), '{');
  for (let n = 0; n < 3; n++) expect(await later()).toEqual(['sprite', 'one']);
  expect(warnings).toEqual(['a model cannot be used']);
  await rm(join(models, 'half'), { recursive: true });
  await cp(sd1, join(models, '.half'), { recursive: true });
  await rename(join(models, '.half'), join(models, 'half'));
  expect(await later()).toEqual(['sprite', 'half', 'one']);
});

test('one that takes the place of another is what it is itself: without a safety checker, unchecked', async () => {
  const { models, library, later } = await stage();
  const checked = () => library.find('one')?.info.checked;
  expect(checked()).toBe(false);
  await cp('test/golden/families/sd1-checked/checkpoint', join(models, 'new'), { recursive: true });
  for (const now of [true, false]) {
    await rename(join(models, 'one'), join(models, 'old'));
    await rename(join(models, 'new'), join(models, 'one'));
    await rename(join(models, 'old'), join(models, 'new'));
    await later();
    expect(checked()).toBe(now);
  }
});
