import type { FakeDiscord } from '../fakes/discord/fakeDiscord.js';
import type { Handle } from '../fakes/discord/handle.js';
import type { Person } from '../fakes/discord/person.js';
import type { Seen } from '../fakes/discord/seen.js';
import type { Channel, Interaction } from '../fakes/discord/world.js';

/** What people did to Kiln on Discord, one of each kind, to make others of. */
export interface DiscordCorpus {
  readonly interactions: readonly Interaction[];
  readonly messages: readonly Seen[];
  readonly channels: readonly Channel[];
  /** Ids of jobs: Ada's in the channel, and one in her direct messages. */
  readonly jobs: readonly string[];
  /** Draws as anybody does. */
  drawPlainly(): Promise<Seen>;
}

const done = ({ files, buttons }: Seen) => files.length === 1 && buttons.length > 1;

/** Uses every command, button, form and menu once. Eve is who tries; Ada owns the pictures. */
export async function discordCorpus(discord: FakeDiscord, names: { eve: string }): Promise<DiscordCorpus> {
  const ada = discord.user({ name: 'ada' });
  const eve = discord.user({ name: names.eve, roles: ['Painter'] });
  const boss = discord.user({ name: 'boss', admin: true });
  const channel = discord.channel();
  const thread = discord.channel({ thread: channel });
  const elsewhere = discord.channel({ guild: discord.guild({ bot: false }) });
  const direct = discord.channel({ dm: eve });
  const adas = discord.channel({ dm: ada });
  const handles: Handle[] = [];
  const keep = async (handle: Handle) => {
    await handle.acknowledged;
    handles.push(handle);
    return handle;
  };
  const draw = async (who: Person, where: Channel, options: Record<string, string | number>, way = {}) =>
    (await keep(who.slash(where, 'imagine', options, way))).until(done, 30_000);

  const [picture, hidden, mine] = await Promise.all([
    draw(ada, channel, { prompt: 'a red fox', count: 4 }),
    draw(ada, adas, { prompt: 'a secret hen' }),
    draw(eve, thread, {
      ...{ prompt: 'a cow', negative: 'text', aspect: '3:2', steps: 4, guidance: 3, seed: 7 },
      ...{ scheduler: 'ddim', model: 'sprite' },
    }),
    draw(eve, direct, { prompt: 'a --seed 8 --no hat' }),
    draw(boss, elsewhere, { prompt: 'a boat' }, { userInstall: true }),
  ]);
  const said = eve.say(channel, '@Kiln a barn');
  const written = eve.say(direct, 'a mill', { files: [{ name: 'mill.png', bytes: Buffer.from('x') }] });
  const press = async (message: Seen, button: string) => {
    const handle = await keep(eve.press(message, button));
    if (handle.modal) await keep(eve.submit(handle.modal, {}));
  };
  const own = mine.buttons.filter(({ customId }) => !/^kiln:(delete|report)/.test(customId));
  const list = ['queue', 'history', 'models', 'styles', 'help', 'privacy', 'cancel'];
  await Promise.all([
    ...picture.buttons.map(({ customId }) => press(picture, customId)),
    ...own.map(({ customId }) => press(mine, customId)),
    ...list.map((name) => keep(eve.slash(channel, name))),
    keep(eve.slash(channel, 'show', { job: jobOf(picture) })),
    keep(boss.slash(channel, 'settings', { scope: 'channel', forbidden: 'blood' })),
    keep(boss.slash(channel, 'styles', { name: 'comic', prompt: '{prompt}, comic' })),
    keep(boss.slash(channel, 'stats', { period: 'hour' })),
    ...['Re-imagine', 'Prompt of this'].flatMap((name) =>
      [picture, said.said].map((message) => keep(eve.menu(message, name))),
    ),
    ...['model', 'style', 'scheduler'].map((option) =>
      keep(eve.autocomplete(channel, 'imagine', { [option]: 's' }, option)),
    ),
  ]);

  return {
    // In the order they were made in, whatever was answered first: a seed gives the same again.
    interactions: handles.map(({ interaction }) => interaction!).sort((a, b) => (a.id < b.id ? -1 : 1)),
    messages: [said.said, written.said],
    channels: [channel, thread, elsewhere, direct, adas],
    jobs: [jobOf(picture), jobOf(hidden), jobOf(mine)],
    async drawPlainly() {
      for (;;) {
        const answer = ada.slash(channel, 'imagine', { prompt: 'a plain fox' });
        const first = await answer.until(({ loading, content }) => !loading && content !== '', 30_000);
        if (!first.content.startsWith('Cannot take this: ')) return answer.until(done, 30_000);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
  };
}

function jobOf({ buttons }: Seen): string {
  return /^kiln:\w+:(\w+)/.exec(buttons[0]!.customId)![1]!;
}
