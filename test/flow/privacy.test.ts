import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodePng } from '../../src/image/encode.js';
import { discordStage, drawn } from './discordStage.js';

const stage = discordStage({ each: 'test' });

/** Every file that Kiln keeps, but for weights that it converted. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(join(folder, 'cache')))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Which of these words are anywhere in what Kiln keeps. */
function found(folder: string, words: readonly string[]): string[] {
  const bytes = files(folder).map((file) => readFileSync(file));
  return words.filter((word) => bytes.some((file) => file.includes(word)));
}

test('after privacy delete no byte that Kiln keeps is of that person, and the other has all', async () => {
  const { discord, room } = stage;
  const channel = discord.channel();
  const [eve, ada] = [discord.user({ name: 'evelina-marker' }), discord.user({ name: 'adalina-marker' })];
  const start = await encodePng({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(90) });

  const shared = 'a shared cormorant --seed 7';
  await eve.slash(channel, 'imagine', { prompt: shared }).until(drawn);
  await ada.slash(channel, 'imagine', { prompt: shared }).until(drawn);
  await eve
    .slash(channel, 'imagine', {
      prompt: 'an eve-only pangolin',
      negative: 'an eve-only zebra',
      count: 2,
      image: { bytes: start, name: 'eve-only.png' },
    })
    .until(drawn);
  await eve.slash(channel, 'imagine', { prompt: 'an eve-only endless line, takes 60000 ms' }).acknowledged;
  await eve.say(channel, '@Kiln an eve-only mention').until(drawn);

  const words = ['eve-only', 'evelina-marker', eve.id];
  expect(found(room.folder, words)).toEqual(words);
  const before = files(room.folder).filter((file) => file.endsWith('.png')).length;

  const told = await eve
    .slash(channel, 'privacy', { action: 'delete' })
    .until(({ content }) => content.startsWith('Deleted'));
  expect(told.content).toContain('Deleted: 4 jobs');
  expect(found(room.folder, words)).toEqual([]);
  expect(found(room.folder, ['a shared cormorant', 'adalina-marker'])).toHaveLength(2);
  // The two of the drawing, the one it started from, and the mention's: the shared one is Ada's as well.
  expect(before - files(room.folder).filter((file) => file.endsWith('.png')).length).toBe(4);

  const history = await ada
    .slash(channel, 'history', {})
    .until(({ content, embeds }) => `${content}${JSON.stringify(embeds)}`.includes('cormorant'));
  expect(history.files).toHaveLength(1);
}, 60_000);
