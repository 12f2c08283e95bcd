import { describe, expect, test } from 'vitest';
import type { Seen } from '../fakes/discord/seen.js';
import { discordStage, drawn } from './discordStage.js';

/** Six times as fast as the machine, so that a drawing of a minute takes ten seconds. */
const stage = discordStage({
  each: 'file',
  factor: 6,
  env: { KILN_SLOTS: '1', KILN_RUNNING_EACH: '1' },
});

/** One word for what a message shows. */
function kindOf({ content, json }: Seen['history'][number]): string {
  const files = json.attachments.length;
  if (content.includes('In line: place')) return 'line';
  if (content.includes('Drawing:')) return files > 0 ? 'bar with preview' : 'bar';
  return files > 0 ? 'picture' : 'placeholder';
}

describe('one message', () => {
  test('goes from the place in line through a bar with previews to the picture, three seconds apart', async () => {
    const { discord } = stage;
    const channel = discord.channel();
    const [ada, bob, cleo] = [discord.user(), discord.user(), discord.user()];
    const prompt = 'a fox that takes 150 ms --steps 20';
    const answers = [
      ada.slash(channel, 'imagine', { prompt }),
      bob.slash(channel, 'imagine', { prompt }),
      cleo.say(channel, `@Kiln ${prompt}`),
    ];
    const messages = await Promise.all(answers.map((answer) => answer.until(drawn, 40_000)));
    expect(discord.messages(channel).filter(({ author }) => author.bot)).toHaveLength(3);

    const kinds = messages.map(({ history }) =>
      history.map(kindOf).filter((kind, at, all) => kind !== all[at - 1]),
    );
    const whole = ['placeholder', 'line', 'bar', 'bar with preview', 'picture'];
    for (const own of kinds) expect(own.filter((kind) => whole.includes(kind))).toEqual(own);
    const inOrder = (own: readonly string[]) =>
      own.every((kind, at) => at === 0 || whole.indexOf(kind) >= whole.indexOf(own[at - 1]!));
    for (const own of kinds) {
      expect(inOrder(own.map((kind) => (kind === 'bar with preview' ? 'bar' : kind)))).toBe(true);
      expect(own.at(0)).toBe('placeholder');
      expect(own).toContain('bar with preview');
      expect(own.at(-1)).toBe('picture');
    }
    expect(kinds.flat().filter((kind) => kind === 'line').length).toBeGreaterThanOrEqual(2);

    for (const { history } of messages) {
      // The placeholder is no edit, and the picture waits for nothing.
      const edits = history.slice(1, -1).map(({ at }) => at);
      const gaps = edits.slice(1).map((at, before) => at - edits[before]!);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2900);
      expect(edits.length).toBeGreaterThanOrEqual(4);
      const steps = history.flatMap(({ content }) => /(\d+)\/20$/.exec(content)?.slice(1) ?? []).map(Number);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      const places = history
        .flatMap(({ content }) => /place (\d+)/.exec(content)?.slice(1) ?? [])
        .map(Number);
      expect(places).toEqual([...places].sort((a, b) => b - a));
    }
  });

  test('of several pictures counts the steps of all, and is called by a name that tells', async () => {
    const { discord } = stage;
    const answer = discord
      .user()
      .slash(discord.channel(), 'imagine', { prompt: 'a fox that takes 400 ms', steps: 8, count: 3 });
    const message = await answer.until(drawn, 40_000);
    const bars = message.history
      .map(({ content }) => /step (\d+) of (\d+)/.exec(content)?.[2])
      .filter(Boolean);
    expect(new Set(bars)).toEqual(new Set(['24']));
    const [preview] = message.history.flatMap(({ json }) =>
      json.attachments.filter(({ filename }) => filename.includes('preview')),
    );
    expect(preview).toMatchObject({ description: 'The drawing so far' });
    expect(message.content).toContain('seeds');
  });
});
