import { describe, expect, test } from 'vitest';
import type { Storm } from '../fakes/slack/storms.js';
import type { Channel } from '../fakes/slack/world.js';
import { drawn, slackStage, sleep } from './slackStage.js';

const stage = slackStage({ each: 'file', speed: 16 });

/** One message of Kiln's in the channel, for all to see, with the picture. */
async function onePicture(channel: Channel, prompt: string): Promise<void> {
  const { slack } = stage;
  await stage.picture(channel, prompt);
  await stage.ended();
  slack.calm();
  await sleep(200);
  const ours = slack.messages(channel).filter(({ bot, ephemeralTo }) => bot && !ephemeralTo);
  expect(ours.map(({ shown }) => shown)).toHaveLength(1);
  expect(ours.filter(drawn)).toHaveLength(1);
  expect(stage.rows().at(-1)).toMatchObject({ state: 'delivered' });
}

const everything: readonly (readonly [string, readonly Storm[]])[] = [
  ['half a minute of 503 from everything', [{ status: 503, seconds: 30 }]],
  ['twenty seconds of 500 from everything but events', [{ status: 500, seconds: 20 }]],
  ['half a minute of 429 from everything', [{ status: 429, seconds: 30, retryAfter: 3 }]],
  ['429 with a long wait', [{ status: 429, count: 5, retryAfter: 20 }]],
  ['lost answers while acknowledging', [{ status: 'lost', count: 2, methods: ['chat.postMessage'] }]],
  [
    'a lost answer, and no way to look whether it was posted',
    [
      { status: 'lost', count: 1, methods: ['chat.postMessage'] },
      { status: 503, count: 9, methods: ['conversations.replies', 'conversations.history'] },
    ],
  ],
  ['lost answers while updating', [{ status: 'lost', count: 6, methods: ['chat.update'] }]],
  [
    'lost answers while uploading',
    [
      { status: 'lost', count: 2, methods: ['files.getUploadURLExternal'] },
      { status: 'lost', count: 2, methods: ['upload'] },
      { status: 'lost', count: 2, methods: ['files.completeUploadExternal'] },
    ],
  ],
  [
    'errors while uploading',
    [
      { status: 502, count: 2, methods: ['upload'] },
      { status: 504, count: 2, methods: ['files.completeUploadExternal'] },
    ],
  ],
  ['every answer lost for a while', [{ status: 'lost', count: 12 }]],
];

const ways = ['a mention', 'a command', 'a message'];

describe('a storm over the first answer', () => {
  const cases = everything.flatMap(([name, storms], n) => [{ how: ways[n % ways.length]!, name, storms }]);
  const lost = everything.filter(([name]) => /acknowledging|no way to look/.test(name));
  for (const how of ways)
    for (const [name, storms] of lost) {
      if (!cases.some((one) => one.how === how && one.name === name)) cases.push({ how, name, storms });
    }

  test.each(cases)('after $how: $name: exactly one message has the picture', async ({ how, storms }) => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = how === 'a message' ? ada.dmChannel() : slack.channel();
    const prompt = 'a ship in the storm takes 40 ms';
    for (const storm of storms) slack.storm(storm);
    const { acknowledged } =
      how === 'a mention'
        ? await ada.mention(channel, prompt)
        : how === 'a message'
          ? await ada.dm(prompt)
          : await ada.slash('/imagine', prompt, channel);
    expect(acknowledged).toBeLessThan(3000);
    await onePicture(channel, prompt);
  });

  test('what is shown again, but not drawn, is there once as well', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = slack.channel();
    await ada.mention(channel, 'a buoy --count 2');
    const buoy = await stage.picture(channel, 'a buoy');
    await stage.ended();
    for (const label of ['U1', 'U2']) {
      slack.storm({ status: 'lost', count: 1, methods: ['chat.postMessage'] });
      await ada.press(buoy, label);
    }
    await slack.until(() => slack.messages(channel).filter(({ images }) => images.length > 0).length === 3);
    expect(slack.messages(channel).filter(({ bot }) => bot)).toHaveLength(3);
  });
});

describe('a storm that begins later', () => {
  const later = everything.filter(([name]) => !/acknowledging|no way to look/.test(name));

  test.each(later)('%s: exactly one message has the picture', async (_, storms) => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = slack.channel();
    await ada.mention(channel, 'a boat takes 60 ms');
    await slack.until(() => slack.messages(channel).some(({ shown }) => shown.includes('Drawing')));
    for (const storm of storms) slack.storm(storm);
    await onePicture(channel, 'a boat');
  });

  test('where Kiln is not in the channel, a failing response_url is tried again', async () => {
    const { slack } = stage;
    const channel = slack.channel({ bot: false });
    slack.storm({ status: 503, count: 2, methods: ['response_url'] });
    await slack.user().slash('/imagine', 'a raft', channel);
    await stage.picture(channel, 'a raft');
    await stage.ended();
    expect(slack.messages(channel).filter(drawn)).toHaveLength(1);
  });
});
