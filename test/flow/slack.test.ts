import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FakeSlack } from '../fakes/slack/contract.js';
import { startFakeSlack } from '../fakes/slack/fakeSlack.js';
import { startRoom } from '../fixtures/room.js';

let slack: FakeSlack;
beforeEach(async () => {
  slack = await startFakeSlack();
});
afterEach(async () => {
  slack.assertNoBreach();
  await slack.close();
});

describe('a mention in Slack', () => {
  test('is answered in its thread, with a picture in the end', async () => {
    await startRoom({ slack });
    const ada = slack.user();
    const channel = slack.channel();
    await slack.until(() => slack.sockets > 0, 'a socket');
    await ada.mention(channel, 'a red fox --seed 7');
    const done = await slack.until(
      () => slack.messages(channel).find(({ images }) => images.length === 1),
      'the picture',
    );
    expect(done.shown).toContain('a red fox');
    expect(done.images[0]!.alt).toBe('a red fox');
    expect(done.buttons).toEqual(expect.arrayContaining(['V1', 'Upscale ×2', '🔄 Re-roll', 'Delete']));
  });
});
