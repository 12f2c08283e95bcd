import { readdirSync } from 'node:fs';
import type * as files from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { discordStage, drawn, isDrawn } from './discordStage.js';

/** Files of pictures that wait for the disk; undefined while it is as fast as it is. */
let held: (() => void)[] | undefined;

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof files>();
  const rename: typeof real.rename = async (from, to) => {
    if (String(to).includes('pictures'))
      await new Promise<void>((resolve) => (held ? held.push(resolve) : resolve()));
    return real.rename(from, to);
  };
  return { ...real, rename };
});

const stage = discordStage({ each: 'test', env: { KILN_SLOTS: '1', KILN_RUNNING_EACH: '1' } });
const patience = { timeout: 20_000 };

const isHeld = (count: number) => vi.waitFor(() => expect(held).toHaveLength(count), patience);

function letGo(): void {
  const waiting = held ?? [];
  held = undefined;
  for (const go of waiting) go();
}

async function states(): Promise<string[]> {
  return (await stage.jobs()).map(({ state }) => state).sort();
}

test('stopping while the disk stands still takes under ten seconds, and the next start shows each picture once', async () => {
  const { discord, room } = stage;
  const channel = discord.channel();
  held = [];
  const asked = Array.from({ length: 7 }, (_, i) =>
    discord.user().slash(channel, 'imagine', { prompt: `fox ${i}` }),
  );
  // Four whose slot the next has, the fifth in it; two wait.
  await isHeld(5);
  const began = performance.now();
  await room.stop();
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(new Set(await states())).toEqual(new Set(['queued', 'running']));
  letGo();
  await room.restart();
  for (const answer of asked) await answer.until(drawn, patience.timeout);
  await vi.waitFor(async () => expect(await states()).toEqual(Array(7).fill('delivered')), patience);
  expect(discord.messages(channel).filter(drawn)).toHaveLength(7);
}, 90_000);

test('what is cancelled while its picture is kept is not shown, and its file goes', async () => {
  const { discord, room } = stage;
  const channel = discord.channel();
  held = [];
  const ada = discord.user();
  const answer = ada.slash(channel, 'imagine', { prompt: 'a fox' });
  const running = await answer.until(isDrawn);
  await isHeld(1);
  await ada.press(running, 'Cancel').until(({ content }) => content.includes('Cancelled'));
  const other = discord.user().slash(channel, 'imagine', { prompt: 'a dog' });
  await isHeld(2);
  letGo();
  await other.until(drawn, patience.timeout);
  await answer.until(({ content, buttons }) => content.includes('Cancelled.') && buttons.length === 0);
  await vi.waitFor(async () => expect(await states()).toEqual(['cancelled', 'delivered']), patience);
  const kept = () =>
    readdirSync(join(room.folder, 'pictures'), { encoding: 'utf8', recursive: true }).filter((name) =>
      name.endsWith('.png'),
    );
  await vi.waitFor(() => expect(kept()).toHaveLength(1), patience);
}, 60_000);
