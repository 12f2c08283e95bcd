import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { discordStage, drawn } from './discordStage.js';

const models = mkdtempSync(join(tmpdir(), 'kiln-models-'));
for (const file of ['loras/ink.safetensors', 'loras/wash v2.safetensors', 'controlnets/canny.safetensors']) {
  mkdirSync(join(models, file, '..'), { recursive: true });
  writeFileSync(join(models, file), '');
}
afterAll(() => rmSync(models, { recursive: true }));

const stage = discordStage({ each: 'file', env: { KILN_MODELS: models } });

async function picture(name: string, background: string) {
  const image = sharp({ create: { width: 64, height: 48, channels: 3, background } });
  return { bytes: await image.png().toBuffer(), name: `${name}.png`, type: 'image/png' };
}
const photo = await picture('photo', '#640000');
const mask = await picture('mask', '#ffffff');
const edges = await picture('edges', '#070707');

/** What the stand-in for the model says it was asked for. */
async function asked(): Promise<unknown> {
  const [job] = await stage.jobs();
  const [warning] = job!.drawnWith!.warnings;
  return JSON.parse(warning!.replace('Asked for: ', ''));
}

test('a LoRA by an option, suggested while it is typed, and one in the prompt', async () => {
  const ada = stage.discord.user();
  const channel = stage.discord.channel();
  const typing = ada.autocomplete(channel, 'imagine', { prompt: 'a fox', lora: 'ink:0.8, wa' }, 'lora');
  await typing.acknowledged;
  expect(typing.choices!.map(({ value }) => value)).toEqual(['ink:0.8, wash v2']);
  const values = { prompt: 'a fox <lora:ink:0.5>', lora: 'wash v2:0.25' };
  const message = await ada.slash(channel, 'imagine', values).until(drawn);
  expect(message.content).toContain('**a fox \\<lora:ink:0.5\\> \\<lora:wash v2:0.25\\>**');
  expect((await stage.jobs())[0]!.options.prompt).toBe('a fox <lora:ink:0.5> <lora:wash v2:0.25>');
});

test('names that are not there are refused, and what is put there is found without a restart', async () => {
  const { discord, clock } = stage;
  const ada = discord.user();
  const channel = discord.channel();
  const refused = ada.slash(channel, 'imagine', { prompt: 'a fox', lora: 'late' });
  const told = await refused.until(({ content }) => content.includes('Cannot draw'));
  expect(told.content).toContain(
    'Cannot draw with LoRA "late": found none of that name, want one of ink, wash v2',
  );
  writeFileSync(join(models, 'loras/late.safetensors'), '');
  clock.skip(6000);
  await ada.slash(channel, 'imagine', { prompt: 'a fox', lora: 'late' }).until(drawn);
});

describe('a part of a picture', () => {
  test('is redrawn with two attachments, and so again by Re-roll, Edit and after a restart', async () => {
    const { discord } = stage;
    const ada = discord.user();
    const channel = discord.channel();
    const values = { prompt: 'tells of a fox', image: photo, mask, strength: 0.9, seed: 7 };
    const message = await ada.slash(channel, 'imagine', values).until(drawn);
    const wanted = { init: '64×48 100,0,0', mask: '64×48 255,255,255' };
    expect(await asked()).toEqual(wanted);
    await stage.room.restart();
    await ada.press(message, '🔄').until(drawn);
    expect(await asked()).toEqual(wanted);
    const edit = ada.press(message, 'Edit');
    await edit.acknowledged;
    await ada.submit(edit.modal!, {}).until(drawn);
    expect(await asked()).toEqual(wanted);
    const [edited, , first] = await stage.jobs();
    expect(edited!.images[0]!.pixels).toBe(first!.images[0]!.pixels);
  });

  test('is redrawn by a mention with two pictures', async () => {
    const said = stage.discord
      .user()
      .say(stage.discord.channel(), '@Kiln tells of a hen', { files: [photo, mask] });
    await said.until(drawn);
    expect(await asked()).toEqual({ init: '64×48 100,0,0', mask: '64×48 255,255,255' });
  });
});

test('a ControlNet draws by its picture, and a vary goes on with it', async () => {
  const { discord } = stage;
  const ada = discord.user();
  const channel = discord.channel();
  const typing = ada.autocomplete(channel, 'imagine', { prompt: 'a fox', control: 'c' }, 'control');
  await typing.acknowledged;
  expect(typing.choices!.map(({ value }) => value)).toEqual(['canny']);
  const values = { prompt: 'tells of a fox', control: 'canny:0.8', control_image: edges };
  const message = await ada.slash(channel, 'imagine', values).until(drawn);
  const control = { name: 'canny', scale: 0.8, image: '64×48 7,7,7' };
  expect(await asked()).toEqual({ control });
  await ada.press(message, 'V1').until(drawn);
  expect(await asked()).toMatchObject({ control, init: expect.any(String) });
});

test('hires fix and CLIP skip by suffixes of a mention, and a subtle variation of it', async () => {
  const { discord } = stage;
  const ada = discord.user();
  const said = ada.say(
    discord.channel(),
    '@Kiln tells of a fox --hires 1.5 --clip-skip 1 --seed 7 --variation 0.2:9',
  );
  const message = await said.until(drawn);
  const rest = { hires: { scale: 1.5 }, clipSkip: 1 };
  expect(await asked()).toEqual({ ...rest, variation: { seed: 9, strength: 0.2 } });
  await ada.press(message, 'Vary (subtle)').until(drawn);
  expect(await asked()).toEqual({ ...rest, variation: { seed: expect.any(Number), strength: 0.2 } });
  const info = await ada.press(message, 'Info').until(({ content }) => content.includes('CLIP skip'));
  expect(info.content).toContain('**Hires fix**: ×1.5');
});

test('the command fits what Discord takes, with every option', async () => {
  const { imagine } = await import('../../commands/imagine.js');
  const { registrationOf } = await import('../../src/adapters/discord/commands.js');
  const [registered] = registrationOf([imagine], 'global') as { options: { name: string }[] }[];
  expect(registered!.options.length).toBeLessThanOrEqual(25);
  expect(registered!.options.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['lora', 'mask', 'control', 'hires', 'refiner', 'clip_skip', 'quality']),
  );
});
