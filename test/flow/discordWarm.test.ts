import { expect, test } from 'vitest';
import { discordStage, drawn } from './discordStage.js';

const stage = discordStage({ each: 'test', real: true });

const patience = 60_000;
const loads = async () =>
  (await stage.jobs()).map(({ drawnWith, timings }) => [drawnWith?.cold, timings.load]);

test('the first picture after a start is drawn once the model has, and so is what was left of before', async () => {
  const { discord, room } = stage;
  const channel = discord.channel();
  // As soon as anybody can ask: the model is still loading.
  const first = discord.user().slash(channel, 'imagine', { prompt: 'a happy dog', seed: 1 });
  await first.until(drawn, patience);
  expect(await loads()).toEqual([[false, 0]]);

  const left = discord.user().slash(channel, 'imagine', { prompt: 'a red house', steps: 100 });
  await left.until(({ content }) => content.includes('Drawing'), patience);
  await room.restart();
  const soon = discord.user().slash(channel, 'imagine', { prompt: 'a cat' });
  for (const answer of [left, soon]) await answer.until(drawn, patience);
  expect(await loads()).toEqual([
    [false, 0],
    [false, 0],
    [false, 0],
  ]);
}, 180_000);
