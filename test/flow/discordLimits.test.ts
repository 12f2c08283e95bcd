import { describe, expect, test } from 'vitest';
import type { Handle } from '../fakes/discord/handle.js';
import type { Person } from '../fakes/discord/person.js';
import { discordStage, drawn, isDrawn, waits } from './discordStage.js';

const stage = discordStage({
  each: 'file',
  env: { KILN_SLOTS: '1', KILN_RUNNING_EACH: '1', KILN_WAITING_EACH: '2', KILN_WAITING: '3' },
});

/** The sentence that the asker alone is told. */
async function refused(answer: Handle, asker: Person): Promise<string> {
  const message = await answer.until(({ loading }) => !loading);
  expect(message.reader).toBe(asker.id);
  expect(message.content).not.toContain('\n');
  return message.content;
}

describe('what is too much is told to the asker alone, in a sentence:', () => {
  test('a full line, and more than one may have in it', async () => {
    const { discord } = stage;
    const [ada, bob] = [discord.user(), discord.user()];
    const channel = discord.channel();
    const ask = (who: Person, prompt: string) => who.slash(channel, 'imagine', { prompt });
    await ask(ada, 'a wall that takes 1000 ms --steps 200').until(isDrawn);
    const waiting = [ask(ada, 'second'), ask(ada, 'third')];
    for (const answer of waiting) await answer.until(waits);
    expect(await refused(ask(ada, 'fourth'), ada)).toBe(
      'Cannot take this: 2 of yours are waiting, want at most 2 at a time',
    );
    await ask(bob, 'a cat').until(waits);
    expect(await refused(ask(bob, 'another cat'), bob)).toMatch(
      /^Cannot take this: the line is full, (a few seconds|about \d+ (s|min)), want it asked again later$/,
    );
    expect((await stage.jobs()).map(({ options }) => options.prompt)).not.toContain('another cat');
    await ada.slash(channel, 'cancel').until(({ loading }) => !loading);
    await discord.until(() => discord.messages(channel).find(drawn));
  });

  test('a quota, of the server’s admin', async () => {
    const { discord } = stage;
    const [admin, ada] = [discord.user({ admin: true }), discord.user()];
    const channel = discord.channel({ guild: discord.guild() });
    await admin.slash(channel, 'settings', { scope: 'server', quota: '2' }).until(() => true);
    await ada.slash(channel, 'imagine', { prompt: 'a fox', count: 2 }).until(drawn);
    const more = ada.slash(channel, 'imagine', { prompt: 'a fox' });
    expect(await refused(more, ada)).toBe(
      'Cannot draw this: you have asked for 2 in 24 hours, want at most 2',
    );
    await stage.pass(25 * 60 * 60_000);
    await ada.slash(channel, 'imagine', { prompt: 'a fox' }).until(drawn);
    await admin.slash(channel, 'imagine', { prompt: 'a fox', count: 3 }).until(drawn);
  });

  test('what an admin allows to some roles, sizes, steps, counts and words only', async () => {
    const { discord } = stage;
    const admin = discord.user({ admin: true });
    const [ada, artist] = [discord.user(), discord.user({ roles: ['artists'] })];
    const guild = discord.guild();
    const channel = discord.channel({ guild });
    const role = discord.role(guild, 'artists');
    const rules = {
      roles: `<@&${role}>`,
      max_side: '128',
      max_steps: '10',
      max_count: '2',
      forbidden: 'cat',
    };
    const named = Object.entries(rules).map(([name, value]) => [name.replace('_', '-'), value]);
    const set = (values: Record<string, string>) =>
      admin.slash(channel, 'settings', values).until(({ loading }) => !loading);
    const { content } = await set(Object.fromEntries(settingNames(named)));
    expect(content).toContain('Changed for this channel');
    const ask = (who: Person, values: object) =>
      refused(who.slash(channel, 'imagine', { prompt: 'a fox', ...values }), who);
    expect(await ask(ada, {})).toContain('an admin has allowed it to some roles only');
    expect(await ask(artist, { width: 256 })).toContain('want at most 128 a side');
    expect(await ask(artist, { steps: 11 })).toContain('want at most 10');
    expect(await ask(artist, { count: 3 })).toContain('want at most 2');
    expect(await ask(artist, { prompt: 'a ＣＡＴ' })).toContain('it has words that are not allowed here');
    expect(await ask(artist, { width: 100 })).toContain('width must be a multiple of 8');
    expect(await ask(artist, { strength: 0.5 })).toContain('there is no picture to start from');
    expect(await ask(artist, { prompt: 'a fox --sed 7' })).toContain('Cannot read --sed');
    expect(await ask(artist, { style: 'none' })).toContain('there is none of that name');
    expect(
      await ask(artist, { image: { bytes: Buffer.from('no'), name: 'a.png' }, model: 'gone' }),
    ).toContain('want one of sprite');
    await artist.slash(channel, 'imagine', { prompt: 'a fox' }).until(drawn);
  });
});

test('what holds in a channel holds in its threads', async () => {
  const { discord } = stage;
  const [admin, ada] = [discord.user({ admin: true }), discord.user()];
  const channel = discord.channel({ guild: discord.guild() });
  const thread = discord.channel({ thread: channel });
  await admin.slash(channel, 'settings', { forbidden: 'cat' }).until(({ loading }) => !loading);
  const asked = ada.slash(thread, 'imagine', { prompt: 'a cat' });
  expect(await refused(asked, ada)).toContain('it has words that are not allowed here');
  ada.say(thread, '@Kiln a cat');
  const direct = discord.channel({ dm: ada });
  const told = await discord.until(() => discord.messages(direct).find(({ author }) => author.bot));
  expect(told.content).toContain('it has words that are not allowed here');
  await admin.slash(thread, 'settings', { forbidden: 'off' }).until(({ loading }) => !loading);
  await ada.slash(channel, 'imagine', { prompt: 'a cat' }).until(drawn);
  const inThread = await ada.say(thread, '@Kiln a cat').until(drawn);
  await ada.press(inThread, 'V1').until(drawn);
});

/** Options that this version registers, whatever their separator. */
function settingNames(entries: string[][]): [string, string][] {
  const { options } = stage.discord.commands().find(({ name }) => name === 'settings') as {
    options: { name: string }[];
  };
  return entries.map(([name, value]) => {
    const found = options.find((option) => option.name.replace('_', '-') === name);
    return [found!.name, value!];
  });
}

describe('what is for admins', () => {
  test('is not offered to others in a server, and refused where it is', async () => {
    const { discord } = stage;
    const ada = discord.user();
    const channel = discord.channel();
    for (const name of ['settings', 'stats']) {
      expect(() => ada.slash(channel, name)).toThrow('the permission is missing');
      const direct = discord.channel({ dm: ada });
      expect(await refused(ada.slash(direct, name), ada)).toBe(
        `Cannot run ${name}: you are no admin here, and only they may`,
      );
      const said = ada.say(channel, `@Kiln ${name}`);
      const told = await discord.until(() =>
        discord.messages(direct).find(({ content, reader }) => !reader && content.includes(`run ${name}`)),
      );
      expect(told.content).toContain('you are no admin here');
      expect(said.message()).toBeUndefined();
    }
    const style = ada.slash(channel, 'styles', { name: 'comic', prompt: '{prompt}' });
    expect(await refused(style, ada)).toContain('you are no admin here');
  });
});

describe('while somebody types', () => {
  const suggested = async (answer: Handle) => {
    await answer.acknowledged;
    return answer.choices!.map(({ value }) => value);
  };

  test('models, styles, schedulers and jobs that fit are suggested', async () => {
    const { discord } = stage;
    const [admin, ada, bob] = [discord.user({ admin: true }), discord.user(), discord.user()];
    const channel = discord.channel({ guild: discord.guild() });
    const typing = (command: string, option: string, text: string, who = ada) =>
      suggested(who.autocomplete(channel, command, { [option]: text }, option));
    expect(await typing('imagine', 'model', 'SPR')).toEqual(['sprite']);
    expect(await typing('imagine', 'model', 'none')).toEqual([]);
    expect(await typing('imagine', 'scheduler', 'eul')).toContain('euler');
    expect(await typing('imagine', 'style', 'c')).toEqual([]);
    await admin.slash(channel, 'styles', { name: 'comic', prompt: '{prompt}, comic' }).until(() => true);
    expect(await typing('imagine', 'style', 'c')).toEqual(['comic']);

    const picture = await ada.slash(channel, 'imagine', { prompt: 'a fox' }).until(drawn);
    const [job] = await stage.jobs();
    expect(picture.content).toContain(job!.id);
    for (const command of ['show', 'cancel']) {
      expect(await typing(command, 'job', job!.id.slice(0, 3))).toEqual([job!.id]);
      expect(await typing(command, 'job', '', bob)).toEqual([]);
    }
  });
});
