import { describe, expect, test } from 'vitest';
import type { Person } from '../fakes/discord/person.js';
import type { Channel } from '../fakes/discord/world.js';
import { discordStage, drawn } from './discordStage.js';

const stage = discordStage({ each: 'file' });

/** What would reach others or mislead them, were it sent as it is; `who` and `role` are somebody's ids. */
const hostile = (who: string, role: string): readonly string[] => [
  '@everyone look at this',
  'now @here',
  `<@${who}> and <@!${who}>`,
  `<@&${role}> come`,
  `\`<@${who}>\` \`\`\`\n<@${who}>\n@everyone\`\`\``,
  '[a fox](https://evil.example/login) <https://evil.example>',
  '**bold** __under__ ||spoiler|| # heading\n> quote\n- list\n# heading',
  'right\u202eto left\u202c \u2066isolate\u2069 @\u200beveryone',
  `\\<@${who}\\> \\@everyone \\`,
  `<@${who}> ${'a very long fox '.repeat(300)}`.slice(0, 4000),
  '`'.repeat(3000),
  '<'.repeat(4000),
  `${'🦊'.repeat(990)} @everyone`,
];

/** Everybody that the bot has notified since then, but for whoever asked. */
function othersCalled(asker: Person, since: number) {
  const { discord } = stage;
  return discord.pings
    .slice(since)
    .filter(({ message, channel }) => authorOf(message, channel) === discord.botId)
    .filter(
      ({ users, roles, everyone }) => everyone || roles.length > 0 || users.some((id) => id !== asker.id),
    );
}

const channels = new Map<string, Channel>();
function authorOf(message: string, channel: string): string | undefined {
  const known = channels.get(channel);
  return (
    known && stage.discord.messages(known, { deleted: true }).find(({ id }) => id === message)?.author.id
  );
}

describe('nobody but the requester is notified, and nothing becomes markup, of', () => {
  test.each(hostile('1', '2').map((text, at) => [text.slice(0, 40), at] as const))('%j', async (_, at) => {
    const { discord } = stage;
    const since = discord.pings.length;
    const [ada, victim] = [discord.user(), discord.user()];
    const channel = discord.channel({ name: '@everyone' });
    channels.set(channel.id, channel);
    const direct = discord.channel({ dm: ada });
    channels.set(direct.id, direct);
    const text = hostile(victim.id, discord.role(channel.guild!, 'foxes'))[at]!;
    const answer = ada.slash(channel, 'imagine', { prompt: text });
    const picture = await answer.until(drawn);
    expect(picture.pings).toMatchObject({ users: [ada.id], roles: [], everyone: false });

    const said = ada.say(channel, `@Kiln ${text.slice(0, 1900)}`);
    await said.until(drawn);
    await ada.slash(channel, 'history').until(({ loading }) => !loading);
    const info = await ada.press(picture, 'Info').until(({ loading }) => !loading);
    await ada.menu(said.said, 'Re-imagine').acknowledged;
    await ada.press(picture, '🔄').until(drawn);
    const wrong = ada.slash(channel, 'imagine', { prompt: 'x', style: text.slice(0, 40) });
    const told = await wrong.until(({ loading }) => !loading);
    for (const { content, history } of [...discord.messages(channel), info, told]) {
      if (content.startsWith(`<@${discord.botId}>`)) continue;
      for (const each of [content, ...history.map((past) => past.content)]) {
        expect(each.replaceAll(`<@${ada.id}>`, '')).not.toMatch(
          /(?<!\\)<@|@everyone|@here|(?<!\\)\]\(|(?<!\\)\|\|/,
        );
        expect(each).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
        expect(each.length).toBeLessThanOrEqual(2000);
      }
    }
    expect(othersCalled(ada, since)).toEqual([]);
  });
});

test('a report, and a picture asked for by a hostile name, call nobody', async () => {
  const { discord } = stage;
  const since = discord.pings.length;
  const admin = discord.user({ admin: true });
  const ada = discord.user({ name: '@everyone <@&2>' });
  const guild = discord.guild();
  const [channel, reports] = [discord.channel({ guild }), discord.channel({ guild })];
  for (const each of [channel, reports]) channels.set(each.id, each);
  await admin.slash(channel, 'settings', { scope: 'server', reports: reports.id }).until(() => true);
  const prompt = `@everyone <@${admin.id}>`;
  const picture = await ada.slash(channel, 'imagine', { prompt }).until(drawn);
  await ada.press(picture, 'Report').until(({ loading }) => !loading);
  const [report] = discord.messages(reports);
  expect(report!.pings).toEqual({ users: [], roles: [], everyone: false });
  expect(report!.content).not.toMatch(/@everyone|(?<!\\)<@/);
  expect(othersCalled(ada, since)).toEqual([]);
});
