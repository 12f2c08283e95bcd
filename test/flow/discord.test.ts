import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeDiscord, startFakeDiscord } from '../fakes/discord/fakeDiscord.js';
import { startRoom } from '../fixtures/room.js';

let discord: FakeDiscord;
beforeEach(async () => {
  discord = await startFakeDiscord();
});
afterEach(async () => {
  discord.assertNoBreach();
  await discord.close();
});

describe('/imagine in Discord', () => {
  test('goes from the line through a progress bar to the picture', async () => {
    await startRoom({ discord });
    const ada = discord.user();
    const channel = discord.channel();
    const answer = ada.slash(channel, 'imagine', { prompt: 'a red fox --seed 7' });
    expect(await answer.acknowledged).toBeLessThan(3000);
    const message = await answer.until(({ files, buttons }) => files.length === 1 && buttons.length > 1);
    expect(message.content).toContain('a red fox');
    expect(message.files[0]).toMatchObject({ width: 128, height: 128, description: 'a red fox' });
  });
});
