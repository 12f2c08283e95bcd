import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Handle } from '../fakes/discord/handle.js';
import type { Person } from '../fakes/discord/person.js';
import type { Channel } from '../fakes/discord/world.js';
import { discordStage, drawn } from './discordStage.js';

/** An admin everywhere, also where nobody has permissions. */
let ada: Person;
const stage = discordStage({
  each: 'file',
  env(discord) {
    ada = discord.user({ name: 'ada', admin: true });
    return { KILN_ADMINS: `discord:${ada.id}` };
  },
});

interface Place {
  readonly channel: Channel;
  readonly userInstall: boolean;
}

const places: Readonly<Record<string, () => Place>> = {
  'a server': () => ({ channel: stage.discord.channel(), userInstall: false }),
  'a thread': () => ({ channel: stage.discord.channel({ thread: true }), userInstall: false }),
  'direct messages': () => ({ channel: stage.discord.channel({ dm: ada }), userInstall: false }),
  'a server without Kiln': () => ({
    channel: stage.discord.channel({ guild: stage.discord.guild({ bot: false }) }),
    userInstall: true,
  }),
  'a conversation of two others': () => ({
    channel: stage.discord.channel({ privateWith: [ada, stage.discord.user()] }),
    userInstall: true,
  }),
};

const start = () =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: '#c00' } })
    .png()
    .toBuffer();

/** What only the asker sees. */
async function alone(answer: Handle): Promise<string> {
  const message = await answer.until(({ loading }) => !loading);
  expect(message.reader).toBe(ada.id);
  return (
    message.content + message.embeds.map(({ title, description }) => `\n${title} ${description}`).join('')
  );
}

test('what everybody and what admins may ask is offered, in German too', () => {
  const { discord } = stage;
  const offered = discord.commands().map(({ name, name_localizations, default_member_permissions }) => ({
    name,
    german: (name_localizations as { de?: string } | undefined)?.de,
    all: default_member_permissions === null,
  }));
  expect(offered).toEqual([
    { name: 'imagine', german: 'imagine', all: true },
    { name: 'cancel', german: 'abbrechen', all: true },
    { name: 'queue', german: 'warteschlange', all: true },
    { name: 'history', german: 'verlauf', all: true },
    { name: 'show', german: 'zeigen', all: true },
    { name: 'models', german: 'modelle', all: true },
    { name: 'styles', german: 'stile', all: true },
    { name: 'settings', german: 'einstellungen', all: false },
    { name: 'stats', german: 'statistik', all: false },
    { name: 'privacy', german: 'datenschutz', all: true },
    { name: 'help', german: 'hilfe', all: true },
    { name: 'Re-imagine', german: undefined, all: true },
    { name: 'Prompt of this', german: undefined, all: true },
  ]);
});

describe.each(Object.keys(places))('in %s', (name) => {
  test('every command is answered', async () => {
    const { channel, userInstall } = places[name]!();
    const ask = (called: string, values = {}) => ada.slash(channel, called, values, { userInstall });

    const answer = ask('imagine', {
      prompt: 'a red fox',
      negative: 'text',
      width: 128,
      height: 64,
      steps: 5,
      guidance: 4.5,
      seed: 7,
      count: 2,
      scheduler: 'euler',
      model: 'sprite',
      image: { bytes: await start(), name: 'start.png' },
      strength: 0.5,
    });
    expect(await answer.acknowledged).toBeLessThan(3000);
    const message = await answer.until(drawn);
    expect(message.reader).toBeUndefined();
    expect(message.content).toContain('**a red fox**');
    expect(message.content).toContain('seeds 7 to 8 · 128×64 · sprite');
    expect(message.files[0]!.description).toBe('2 pictures of: a red fox');
    const [job] = await stage.jobs();
    expect(job).toMatchObject({
      options: { prompt: 'a red fox', negative: 'text', steps: 5, guidance: 4.5, seed: 7, count: 2 },
      init: { key: expect.any(String) },
    });
    expect(job!.options).toMatchObject({ scheduler: 'euler', model: 'sprite', strength: 0.5 });

    const aspect = await ask('imagine', { prompt: 'a fox', aspect: '2:1' }).until(drawn);
    expect(aspect.files[0]!.width! / aspect.files[0]!.height!).toBeCloseTo(2, 0);

    const { id } = job!;
    expect(await alone(ask('history', { page: 1, search: 'red fox' }))).toContain(id);
    expect((await ask('show', { job: id }).until(drawn)).content).toContain(id);
    expect(await alone(ask('queue'))).toContain('Nothing of yours waits or is drawn.');
    expect(await alone(ask('cancel', { job: id }))).toBe(`Nothing to cancel: ${id} has ended already.`);
    expect(await alone(ask('cancel'))).toContain('nothing of yours waits');
    expect(await alone(ask('models'))).toContain('sprite');
    expect(await alone(ask('styles', { name: 'comic', prompt: '{prompt}, comic book' }))).toContain(
      'Style comic is there',
    );
    expect(await alone(ask('styles'))).toContain('comic');
    const styled = await ask('imagine', { prompt: 'a cat', style: 'comic' }).until(drawn);
    expect(styled.content).toContain('a cat, comic book');
    expect(await alone(ask('settings', { scope: 'server', steps: '6' }))).toContain('**steps**: 6');
    expect(await alone(ask('settings', { scope: 'server', steps: 'off' }))).not.toContain('**steps**');
    const stats = ask('stats', { period: 'day', csv: true });
    expect(await alone(stats)).toContain('pictures');
    expect(stats.message()!.files.map(({ name: file }) => file)).toEqual([
      'kiln-stats-day.png',
      'kiln-stats-day.csv',
    ]);
    expect(await alone(ask('help'))).toContain('/imagine');
    expect(await alone(ask('privacy', { action: 'about' }))).toContain('3 so far');
    const data = ask('privacy', { action: 'export' });
    expect(await alone(data)).toContain('3 jobs');
    expect(data.message()!.files[0]!.bytes.toString()).toContain('a red fox');
    expect(await alone(ask('privacy', { action: 'delete' }))).toContain('Deleted: 3 jobs');
    expect((await stage.jobs()).filter(({ person }) => person.id === ada.id)).toEqual([]);
  });
});
