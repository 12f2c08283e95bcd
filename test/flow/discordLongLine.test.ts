import { expect, test } from 'vitest';
import type { Person } from '../fakes/discord/person.js';
import { discordStage, drawn, isDrawn, pictures, waits } from './discordStage.js';

const stage = discordStage({ each: 'test', env: { KILN_SLOTS: '1', KILN_RUNNING_EACH: '1' } });

const minute = 60_000;
/** Long enough for minutes to pass in it. */
const prompt = 'a fox that takes 900 ms --steps 2';

/** Ten minutes pass while somebody's picture is drawn, and what is due in them happens. */
async function tenMinutes(): Promise<void> {
  await stage.pass(5 * minute);
  await stage.pass(5 * minute);
}

/** Teaches Kiln that a picture takes ten minutes. */
async function slowly(ada: Person): Promise<void> {
  const answer = ada.slash(stage.discord.channel(), 'imagine', { prompt });
  await answer.until(isDrawn);
  await tenMinutes();
  await answer.until(drawn);
}

test('a line of forty minutes ends with everybody’s picture, in the message they were given first', async () => {
  const { discord } = stage;
  await slowly(discord.user());
  const people = Array.from({ length: 5 }, () => discord.user());
  const channels = [
    discord.channel(),
    discord.channel({ thread: true }),
    discord.channel({ dm: people[2]! }),
    discord.channel(),
    discord.channel({ dm: people[4]! }),
  ];
  const answers = [
    ...[0, 1, 2].map((at) => people[at]!.slash(channels[at]!, 'imagine', { prompt })),
    people[3]!.say(channels[3]!, `@Kiln ${prompt}`),
    people[4]!.say(channels[4]!, prompt),
  ];
  await discord.until(() => answers.filter((answer) => waits(answer.message() ?? nothing)).length === 4);
  const shown = answers.map((answer) => answer.message()!);
  const etas = shown.map(({ content }) => /starts in about (\d+) min/.exec(content)?.[1]).filter(Boolean);
  expect(etas.map(Number).sort((a, b) => a - b)).toEqual([10, 20, 30, 40]);

  for (let turn = 0; turn < answers.length; turn++) {
    await discord.until(() => answers.some((answer) => isDrawn(answer.message() ?? nothing)), 20_000);
    await tenMinutes();
    await discord.until(() => answers.filter((answer) => drawn(answer.message()!)).length > turn, 20_000);
  }
  for (const [at, answer] of answers.entries()) {
    expect(answer.message()).toMatchObject({ id: shown[at]!.id, reader: undefined });
    expect(pictures(discord, channels[at]!)).toHaveLength(1);
  }
  await expect
    .poll(async () => (await stage.jobs()).every(({ state }) => state === 'delivered'), { timeout: 5000 })
    .toBe(true);
  const byBot = discord.posts.filter(
    ({ method, path }) => method === 'PATCH' && /^\/channels\/\d+\/messages\/\d+$/.test(path),
  );
  expect(byBot.length).toBeGreaterThan(0);
}, 90_000);

test('where Kiln is no member, what would take more than 13 minutes is refused', async () => {
  const { discord } = stage;
  const [ada, bob] = [discord.user(), discord.user()];
  await slowly(bob);
  const elsewhere = discord.channel({ guild: discord.guild({ bot: false }) });
  const soon = ada.slash(elsewhere, 'imagine', { prompt }, { userInstall: true });
  await soon.until(drawn);

  await bob.slash(discord.channel(), 'imagine', { prompt }).until(isDrawn);
  const late = ada.slash(elsewhere, 'imagine', { prompt: 'a late fox' }, { userInstall: true });
  const told = await late.until(({ loading }) => !loading);
  expect(told.reader).toBe(ada.id);
  expect(told.content).toMatch(/Cannot promise this here: it would take about \d+ min, want under 13 min/);
  expect((await stage.jobs()).some(({ options }) => options.prompt === 'a late fox')).toBe(false);
});

const nothing = { content: '', files: [], buttons: [] } as unknown as Parameters<typeof drawn>[0];
