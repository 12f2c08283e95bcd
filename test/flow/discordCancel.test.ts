import { describe, expect, test } from 'vitest';
import type { Handle } from '../fakes/discord/handle.js';
import { discordStage, drawn, isDrawn, waits } from './discordStage.js';

const stage = discordStage({ each: 'file', env: { KILN_SLOTS: '1', KILN_RUNNING_EACH: '1' } });

const answered = async (press: Handle) => (await press.until(({ loading }) => !loading)).content;
/** Longer than any test looks at it, unless it is cancelled. */
const slow = 'a fox that takes 2000 ms --steps 50';

/** One that is drawn, of ada's, and one that waits, of bob's. */
async function line() {
  const { discord } = stage;
  const channel = discord.channel();
  const [ada, bob] = [discord.user({ name: 'ada' }), discord.user({ name: 'bob' })];
  const first = ada.slash(channel, 'imagine', { prompt: slow });
  const running = await first.until(isDrawn);
  const second = bob.slash(channel, 'imagine', { prompt: `another ${slow}` });
  const waiting = await second.until(waits);
  return { channel, ada, bob, first, second, running, waiting };
}

const state = async (prompt: RegExp) =>
  (await stage.jobs()).find(({ options }) => prompt.test(options.prompt))?.state;

describe('what waits and what is drawn', () => {
  test('is cancelled by who asked for it, with its button', async () => {
    const { ada, bob, first, second, running, waiting } = await line();
    const press = bob.press(waiting, 'Cancel');
    expect(await answered(press)).toMatch(/^Cancelled [0-9a-z]{10}\.$/);
    expect(press.message()!.reader).toBe(bob.id);
    await second.until(({ content, buttons }) => content.includes('Cancelled.') && buttons.length === 0);
    expect(await answered(ada.press(running, 'Cancel'))).toContain('Cancelled');
    await first.until(({ content, buttons }) => content.includes('Cancelled.') && buttons.length === 0);
    expect(await state(/^a fox/)).toBe('cancelled');
    expect(await state(/^another/)).toBe('cancelled');
  });

  test('is cancelled by a moderator, and by nobody else', async () => {
    const { discord } = stage;
    const { channel, ada, bob, first, second, running, waiting } = await line();
    const stranger = discord.user();
    for (const message of [running, waiting]) {
      const press = stranger.press(message, 'Cancel');
      expect(await answered(press)).toBe('Cannot cancel this: want whoever asked for it, or a moderator');
      expect(press.message()!.reader).toBe(stranger.id);
    }
    expect(await answered(bob.press(running, 'Cancel'))).toContain('Cannot cancel this');
    const moderator = discord.user({ permissions: ['ManageMessages'] });
    for (const message of [waiting, running]) {
      expect(await answered(moderator.press(message, 'Cancel'))).toContain('Cancelled');
    }
    await first.until(({ content }) => content.includes('Cancelled.'));
    await second.until(({ content }) => content.includes('Cancelled.'));
    // The line goes on.
    await ada.slash(channel, 'imagine', { prompt: 'a quick fox' }).until(drawn);
    expect(discord.messages(channel).filter(drawn)).toHaveLength(1);
  });

  test('is told by /queue, and cancelled from there, and all at once by /cancel', async () => {
    const { channel, ada, bob, first, second } = await line();
    const mine = bob.slash(channel, 'queue');
    expect(await answered(mine)).toMatch(/Yours: 1\. All: 1 drawn now, 1 waiting\. .*place 1, starts in/s);
    expect(await answered(bob.press(mine.message()!, 'Cancel'))).toContain('Cancelled');
    await second.until(({ content }) => content.includes('Cancelled.'));
    ada.slash(channel, 'imagine', { prompt: `third ${slow}` });
    await stage.discord.until(() => stage.discord.messages(channel).find(waits));
    expect(await answered(ada.slash(channel, 'cancel'))).toBe('Cancelled 2 of yours.');
    await first.until(({ content }) => content.includes('Cancelled.'));
    expect(await state(/^third/)).toBe('cancelled');
  });
});
