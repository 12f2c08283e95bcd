import { expect, test } from 'vitest';
import { createStage } from './stage.js';

test('fifty commands a second are all acknowledged, within half a second', async () => {
  const stage = await createStage({
    async handle(_request, responder) {
      await responder.acknowledge({ private: false });
    },
  });
  await stage.connect();
  const { discord, channel } = stage;
  const ada = discord.user();
  const waits: Promise<number>[] = [];
  for (let second = 0; second < 20; second++) {
    for (let count = 0; count < 5; count++) {
      waits.push(ada.slash(channel, 'imagine', { prompt: `fox ${second}.${count}` }).acknowledged);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const sorted = (await Promise.all(waits)).sort((a, b) => a - b);
  console.info(
    `100 acknowledgements: median ${sorted[50]!.toFixed()} ms, slowest ${sorted[99]!.toFixed()} ms`,
  );
  expect(sorted[98]).toBeLessThan(500);
  await stage.close();
});
