import { cp, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { discordStage } from './discordStage.js';

/** Two models of which memory holds one: 200 MB of weights each, none of them read by the stand-in. */
const folder = await mkdtemp(join(tmpdir(), 'kiln-switching-'));
afterAll(() => rm(folder, { recursive: true }));
for (const name of ['one', 'two']) {
  await cp('test/golden/families/sd1/checkpoint', join(folder, name), { recursive: true });
  await mkdir(join(folder, name, 'unet'), { recursive: true });
  const file = await open(join(folder, name, 'unet/diffusion_pytorch_model.safetensors'), 'w');
  await file.truncate(200 * 2 ** 20);
  await file.close();
}

const stage = discordStage({
  each: 'test',
  env: { KILN_MODELS: folder, KILN_MODEL: 'one', KILN_MEMORY_MB: '256', KILN_SLOTS: '1' },
});

test('four people draw with two models of which memory holds one: all is drawn, in groups, and neither waits for the other’s end', async () => {
  const { discord } = stage;
  const channel = discord.channel();
  const admin = discord.user({ admin: true });
  await admin.slash(channel, 'settings', { scope: 'server', unchecked: 'on' }).until(() => true);
  const people = Array.from({ length: 4 }, () => discord.user());
  for (let round = 0; round < 8; round++) {
    for (const [i, person] of people.entries()) {
      const model = i % 2 === 0 ? 'one' : 'two';
      await person.slash(channel, 'imagine', { prompt: `fox ${round} of ${i}, takes 20 ms`, model })
        .acknowledged;
    }
  }
  await expect
    .poll(async () => (await stage.jobs()).filter(({ state }) => state === 'delivered').length, {
      timeout: 90_000,
    })
    .toBe(32);

  const jobs = (await stage.jobs()).toSorted((one, other) => one.started! - other.started!);
  const models = jobs.map(({ options }) => options.model);
  const switches = models.filter((model, i) => i > 0 && model !== models[i - 1]).length;
  console.log(`${switches} switches in ${models.length} jobs: ${models.map((model) => model[0]).join('')}`);
  expect(new Set(jobs.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  // One after the other would be 31; one model after the other, which starves the second, would be 1.
  expect(switches).toBeGreaterThan(2);
  expect(switches).toBeLessThan(16);
}, 120_000);
