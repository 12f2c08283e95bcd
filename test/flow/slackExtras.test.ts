import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import type { Channel } from '../fakes/slack/world.js';
import { drawn, slackStage, told } from './slackStage.js';

const models = mkdtempSync(join(tmpdir(), 'kiln-models-'));
const many = Array.from({ length: 150 }, (_, at) => `a-rather-long-name-of-a-lora-that-somebody-made-${at}`);
for (const name of ['ink', ...many]) {
  mkdirSync(join(models, 'loras'), { recursive: true });
  writeFileSync(join(models, 'loras', `${name}.safetensors`), '');
}
mkdirSync(join(models, 'controlnets', 'canny'), { recursive: true });
afterAll(() => rmSync(models, { recursive: true }));

const stage = slackStage({ each: 'file', env: { KILN_MODELS: models } });

const picture = (background: string) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .png()
    .toBuffer();
const [photo, mask, edges] = await Promise.all(['#640000', '#ffffff', '#070707'].map(picture));

/** What the stand-in for the model says that it was asked for, in the picture's message. */
async function asked(channel: Channel, prompt: string, nth = 1): Promise<unknown> {
  const messages = () =>
    stage.slack.messages(channel).filter((one) => drawn(one) && one.shown.includes(prompt));
  await stage.slack.until(() => messages().length >= nth, `picture ${nth} of ${prompt}`, 20_000);
  return JSON.parse(/Asked for: (\{.*\})/.exec(messages()[nth - 1]!.shown)![1]!);
}

test('a LoRA in the words of a mention, which Slack escapes, and by a suffix', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  await slack.user().mention(channel, 'a pine &lt;lora:ink:0.5&gt; --seed 7 --lora ink:0.25');
  await stage.picture(channel, 'a pine');
  expect(stage.rows().at(-1)).toMatchObject({ prompt: 'a pine <lora:ink:0.5> <lora:ink:0.25>', seed: 7 });
});

test('the modal takes all of it, and what it gives reaches the model', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  const { view } = await ada.slash('/imagine', '', channel);
  const blocks = view!.content.blocks as {
    block_id: string;
    element: { type: string; placeholder?: { text: string } };
  }[];
  const element = (name: string) => blocks.find(({ block_id }) => block_id === name)!.element;
  expect(element('lora')).toMatchObject({ type: 'plain_text_input' });
  expect(element('lora').placeholder!.text).toMatch(/^a-rather.*…$/);
  expect(element('control').placeholder!.text).toBe('canny');
  expect([element('mask').type, element('control_image').type]).toEqual(['file_input', 'file_input']);
  await ada.submit(view!, {
    prompt: 'tells of an elm',
    lora: 'ink:0.8',
    image: [ada.upload({ name: 'photo.png', bytes: photo! })],
    mask: [ada.upload({ name: 'mask.png', bytes: mask! })],
    control: 'canny:0.8',
    control_image: [ada.upload({ name: 'edges.png', bytes: edges! })],
    strength: 0.9,
    clip_skip: 1,
    variation: '0.2:9',
  });
  const wanted = {
    init: '64×48 100,0,0',
    mask: '64×48 255,255,255',
    control: { name: 'canny', scale: 0.8, image: '64×48 7,7,7' },
    clipSkip: 1,
    variation: { seed: 9, strength: 0.2 },
  };
  expect(await asked(channel, 'tells of an elm')).toEqual(wanted);

  // The same again, by another life of Kiln, and as Edit has it.
  await stage.room.restart();
  await stage.connected();
  const message = await stage.picture(channel, 'tells of an elm');
  await ada.press(message, '🔄 Re-roll');
  expect(await asked(channel, 'tells of an elm', 2)).toEqual(wanted);
  const { view: form } = await ada.press(message, 'Edit');
  await ada.submit(form!, {});
  expect(await asked(channel, 'tells of an elm', 3)).toEqual(wanted);
  const keys = stage.rows().slice(-3) as unknown as { maskKey: string; controlKey: string }[];
  expect(new Set(keys.map(({ maskKey, controlKey }) => `${maskKey} ${controlKey}`)).size).toBe(1);
});

test('two pictures of a mention are one and its mask', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const files = [photo!, mask!].map((bytes, at) => ({ name: `${at}.png`, bytes }));
  await slack.user().mention(channel, 'tells of an ash', { files });
  expect(await asked(channel, 'tells of an ash')).toEqual({
    init: '64×48 100,0,0',
    mask: '64×48 255,255,255',
  });
});

test('what is not there, or not with what it needs, is told to the asker alone', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  for (const [words, answer] of [
    ['an oak --lora linden', 'Cannot draw with LoRA "linden": found none of that name'],
    ['an oak --control canny', 'Cannot draw with ControlNet "canny": found no picture for it, want one'],
    [
      'an oak --control ../../etc',
      'Cannot draw with ControlNet "../../etc": found no picture for it, want one',
    ],
    ['an oak --hires 9', 'Cannot run imagine: hires is 9, want a number from 1.1 to 4'],
  ] as const) {
    const before = slack.messages(channel).length;
    await ada.slash('/imagine', words, channel);
    const message = await slack.until(() => slack.messages(channel).slice(before)[0], words);
    expect(told(message)).toContain(answer);
    expect(message.ephemeralTo).toBeDefined();
  }
});
