import { expect, test } from 'vitest';
import { discordStage } from './discordStage.js';

const stage = discordStage({ each: 'test', env: { KILN_SLOTS: '1' } });

test('one person queues fifty, another one: the other one starts next', async () => {
  const { discord } = stage;
  const [ada, bob] = [discord.user(), discord.user()];
  const channel = discord.channel();
  for (let index = 0; index < 50; index++) {
    await ada.slash(channel, 'imagine', { prompt: `fox ${index}, takes 60 ms` }).acknowledged;
  }
  const asked = (await stage.jobs()).filter(({ started }) => started !== undefined).length;
  await bob.slash(channel, 'imagine', { prompt: 'a hen' }).acknowledged;
  await expect
    .poll(async () => (await stage.jobs()).find(({ options }) => options.prompt === 'a hen')?.state, {
      timeout: 20_000,
    })
    .toBe('delivered');

  const jobs = await stage.jobs();
  const started = jobs
    .filter((job) => job.started !== undefined)
    .toSorted((one, other) => one.started! - other.started!)
    .map(({ options }) => options.prompt);
  const place = started.indexOf('a hen');
  // Those of Ada's that had started when Bob asked, and the one that may have begun while he did.
  expect(place).toBeLessThanOrEqual(asked + 2);
  expect(jobs.filter(({ state }) => state === 'queued').length).toBeGreaterThan(20);
}, 60_000);
