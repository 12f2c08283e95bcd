import { describe, expect, test } from 'vitest';
import type { Handle } from '../fakes/discord/handle.js';
import type { Person } from '../fakes/discord/person.js';
import type { Seen } from '../fakes/discord/seen.js';
import type { Channel } from '../fakes/discord/world.js';
import { discordStage, drawn } from './discordStage.js';

const stage = discordStage({ each: 'file' });

const answered = async (press: Handle) => (await press.until(({ loading }) => !loading)).content;

/** What whoever presses Delete is told, alone. */
async function deleted(who: Person, message: Seen): Promise<string> {
  const press = who.press(message, 'Delete');
  const told = await stage.discord.until(() => press.followups()[0]);
  expect(told.reader).toBe(who.id);
  return told.content;
}

/** Each kind of place, as `ada` finds it. */
const places: Readonly<Record<string, (ada: Person) => readonly [Channel, { userInstall: boolean }]>> = {
  'a server': () => [stage.discord.channel(), { userInstall: false }],
  'a thread': () => [stage.discord.channel({ thread: true }), { userInstall: false }],
  'direct messages': (ada) => [stage.discord.channel({ dm: ada }), { userInstall: false }],
  'a server without Kiln': () => [
    stage.discord.channel({ guild: stage.discord.guild({ bot: false }) }),
    { userInstall: true },
  ],
};

describe.each(Object.keys(places))('under a picture in %s', (name) => {
  test('every button does what it says, after a restart too', async () => {
    const ada = stage.discord.user();
    const [channel, way] = places[name]!(ada);
    const grid = await ada
      .slash(channel, 'imagine', { prompt: 'a red fox', seed: 7, count: 4, width: 64, height: 64 }, way)
      .until(drawn);
    expect(grid.buttons.map(({ label }) => label)).toEqual([
      ...['U1', 'U2', 'U3', 'U4', 'V1', 'V2', 'V3', 'V4'],
      ...['Re-roll', 'Edit', 'Info', 'Report', 'Delete'],
    ]);
    expect(grid.files[0]).toMatchObject({ width: 128, description: '4 pictures of: a red fox' });

    // Buttons outlive the process that made them.
    await stage.room.restart();

    const alone = await Promise.all(
      [1, 2, 3, 4].map(async (index) => {
        const picked = await ada.press(grid, `U${index}`).until(drawn);
        expect(picked.content).toBe(`**a red fox** · picture ${index}, seed ${6 + index}, 64×64`);
        return picked;
      }),
    );
    for (const index of [1, 2, 3, 4]) {
      const varied = await ada.press(grid, `V${index}`).until(drawn);
      expect(varied.content).toContain('variation of');
      const [job] = await stage.jobs();
      expect(job).toMatchObject({
        kind: 'vary',
        parent: { index },
        options: { strength: expect.any(Number) },
      });
    }

    expect(grid.buttons.find(({ emoji }) => emoji === '🔄')!.customId).toContain('reroll');
    const again = await ada.press(grid, '🔄').until(drawn);
    expect(again.content).toContain('re-roll of');
    expect(again.content).not.toContain('seeds 7 to 10');

    const edit = ada.press(grid, 'Edit');
    await edit.acknowledged;
    expect(edit.modal!.fields.map(({ label, value }) => [label, value])).toEqual([
      ['Prompt', 'a red fox --count 4 --w 64 --h 64 --model sprite'],
      ['Without', ''],
      ['Seed', '7'],
    ]);
    const form = ada.submit(edit.modal!, { Prompt: 'a blue fox', Without: 'red', Seed: '8' });
    expect((await form.until(drawn)).content).toContain('**a blue fox**');
    expect((await stage.jobs())[0]).toMatchObject({ options: { negative: 'red', seed: 8, count: 1 } });

    const large = await ada.press(alone[1]!, 'Upscale ×2').until(drawn);
    expect(large.content).toContain('twice the size of');
    expect(large.files[0]).toMatchObject({ width: 128, height: 128 });
    const larger = await ada.press(large, 'Upscale ×2').until(({ files }) => files.length === 1);
    expect(larger.content).toContain('resampled: 256×256 is more than sprite draws well');
    expect(larger.files[0]).toMatchObject({ width: 256, height: 256 });

    const info = ada.press(grid, 'Info');
    expect(await answered(info)).toContain('**Seed**: 7 to 10');
    expect(info.message()!.reader).toBe(ada.id);

    // The picture's own token has died: by that of the press, its message goes all the same.
    await stage.pass(20 * 60_000);
    expect(await deleted(ada, grid)).toContain('Deleted');
    const ids = () => stage.discord.messages(channel).map(({ id }) => id);
    expect(ids()).not.toContain(grid.id);
    expect(await answered(ada.press(alone[0]!, 'Re-roll'))).toContain('Cannot find job');
  });
});

test('an emoji is made where both may make some, and refused elsewhere', async () => {
  const { discord } = stage;
  const may = discord.user({ permissions: ['CreateGuildExpressions'] });
  const mayNot = discord.user();
  const guild = discord.guild();
  const picture = await may
    .slash(discord.channel({ guild }), 'imagine', { prompt: 'Ein größerer Fuchs!' })
    .until(drawn);
  const made = may.press(picture, 'Use as emoji');
  expect(await answered(made)).toBe('Made an emoji: `:ein_gro_erer_fuchs:`');
  expect(made.message()!.reader).toBe(may.id);
  expect(guild.emojis).toHaveLength(1);
  expect(await answered(mayNot.press(picture, 'Use as emoji'))).toContain(
    'want the permission Create Expressions for both',
  );

  const poor = discord.guild({ botPermissions: ['SendMessages'] });
  const other = await may
    .slash(discord.channel({ guild: poor }), 'imagine', { prompt: 'a fox' })
    .until(drawn);
  expect(await answered(may.press(other, 'Use as emoji'))).toContain('for both you and Kiln');
  const direct = await may.slash(discord.channel({ dm: may }), 'imagine', { prompt: 'a fox' }).until(drawn);
  expect(await answered(may.press(direct, 'Use as emoji'))).toContain('want a server');
  expect(poor.emojis).toEqual([]);
});

test('a report goes once to the channel that the admins named', async () => {
  const { discord } = stage;
  const [admin, ada, bob] = [discord.user({ admin: true }), discord.user(), discord.user({ name: 'bob' })];
  const guild = discord.guild();
  const [channel, reports] = [discord.channel({ guild }), discord.channel({ guild })];
  await answered(admin.slash(channel, 'settings', { scope: 'server', reports: `<#${reports.id}>` }));
  const picture = await ada.slash(channel, 'imagine', { prompt: 'a red fox' }).until(drawn);
  const press = bob.press(picture, 'Report');
  expect(await answered(press)).toBe('Reported to the admins. Thank you.');
  expect(press.message()!.reader).toBe(bob.id);
  expect(await answered(bob.press(picture, 'Report'))).toBe('You have reported this picture before.');
  const [told, ...others] = discord.messages(reports);
  expect(others).toEqual([]);
  expect(told!.content).toContain('**Reported picture** by bob');
  expect(told!.files).toHaveLength(1);
  expect(await deleted(admin, told!)).toContain('Deleted');
  for (const each of [channel, reports])
    expect(discord.messages(each).filter(({ files }) => files.length)).toEqual([]);
});

test('a picture shown in another channel has its buttons there, for whoever sees it', async () => {
  const { discord } = stage;
  const [ada, bob] = [discord.user(), discord.user()];
  const moderator = discord.user({ permissions: ['ManageMessages'] });
  const picture = await ada.slash(discord.channel(), 'imagine', { prompt: 'a fox', count: 2 }).until(drawn);
  const id = /`([0-9a-z]{10})`/.exec(picture.content)![1]!;
  const elsewhere = discord.channel({ guild: discord.guild() });
  const shown = await ada.slash(elsewhere, 'show', { job: id }).until(drawn);
  await bob.press(shown, 'U2').until(drawn);
  expect((await bob.press(shown, '🔄').until(drawn)).content).toContain(`re-roll of \`${id}\``);
  const menu = bob.menu(shown, 'Prompt of this');
  expect(await answered(menu)).toContain('a fox');
  // Known by its id alone it is not, nor is it a moderator's of another server.
  const other = discord.channel({ guild: discord.guild() });
  expect(await answered(bob.slash(other, 'show', { job: id }))).toContain('Cannot find job');
  expect(await answered(moderator.press(shown, 'Delete'))).toContain('Cannot delete this');
});

test('a picture is deleted by its owner or a moderator, not by others', async () => {
  const { discord } = stage;
  const [ada, bob] = [discord.user(), discord.user()];
  const moderator = discord.user({ permissions: ['ManageMessages'] });
  const channel = discord.channel();
  const picture = await ada.slash(channel, 'imagine', { prompt: 'a red fox' }).until(drawn);
  const refused = bob.press(picture, 'Delete');
  expect(await answered(refused)).toBe('Cannot delete this: want whoever asked for it, or a moderator');
  expect(refused.message()!.reader).toBe(bob.id);
  expect(discord.messages(channel).filter(drawn)).toHaveLength(1);
  expect(await deleted(moderator, picture)).toContain('Deleted');
  expect(discord.messages(channel).filter(drawn)).toEqual([]);

  const grid = await ada.slash(channel, 'imagine', { prompt: 'a red fox', count: 2 }).until(drawn);
  const alone = await ada.press(grid, 'U2').until(drawn);
  expect(await deleted(ada, alone)).toContain('Deleted');
  expect(discord.messages(channel).filter(({ files }) => files.length > 0)).toEqual([]);
});
