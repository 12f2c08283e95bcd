import { setTimeout as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startFakeDiscord } from '../fakes/discord/fakeDiscord.js';
import type { FakeSlack } from '../fakes/slack/contract.js';
import { startFakeSlack } from '../fakes/slack/fakeSlack.js';
import { startRoom } from '../fixtures/room.js';
import { fuzzCount, fuzzSeed } from './count.js';
import { createDefects } from './defects.js';
import { createHostileText } from './hostileText.js';
import { createRandom } from './random.js';
import { saysTooMuch } from './saysTooMuch.js';
import { smuggled } from './smuggled.js';
import { watchProcess } from './watch.js';

const lot = 5;
const seed = fuzzSeed + 500;

test('whatever people write on Discord is shown, drawn and kept as words, and notifies nobody but them', async () => {
  const count = fuzzCount(600);
  const watch = watchProcess();
  const random = createRandom(seed);
  const discord = await startFakeDiscord({ unhurried: true });
  const defects = createDefects();
  const [victim, role] = [discord.user(), discord.role(discord.guild(), 'Everybody')];
  const text = createHostileText(random, [victim.id, role]);
  const most = (characters: number) =>
    Buffer.from(text().slice(0, characters)).toString().slice(0, characters) || 'x';
  const room = await startRoom({ discord, logger: defects.logger });
  const boss = discord.user({ name: most(32), admin: true });
  const channel = discord.channel();
  const bytes = Buffer.from('GIF89a');
  let drawn = 0;
  try {
    for (let made = 0; made < count; made += lot) {
      await Promise.all(Array.from({ length: Math.min(lot, count - made) }, write));
      await watch.check();
      expect(defects.first, `seed ${seed}, before ${made + lot}`).toBeUndefined();
      expect(smuggled(discord, [channel]), `seed ${seed}, before ${made + lot}`).toEqual([]);
    }
    await later(500);
    // How soon all is answered is measured elsewhere, on a machine that is not as busy.
    discord.forgive(/not answered within 3000 ms|not answered yet/);
    discord.assertNoBreach();
    for (const { author, content } of discord.messages(channel, { deleted: true })) {
      if (author.bot) expect(saysTooMuch(content)).toBeUndefined();
    }
    console.log(
      `fuzz prompts: seed ${seed}, ${count} on Discord, ${drawn} drawn, event loop at most ${watch.slowest.toFixed(0)} ms`,
    );
  } finally {
    await room.stop();
    await discord.close();
  }

  async function write(): Promise<void> {
    const who = discord.user({ name: most(32) });
    const style = `s ${random.below(9)}`;
    const answer = random.pick([
      () => who.slash(channel, 'imagine', { prompt: most(4000), negative: most(2000) }),
      () => who.slash(channel, 'imagine', { prompt: `a fox ${most(300)}`, style }),
      () => who.slash(channel, 'imagine', { prompt: most(900), image: { bytes, name: most(80) } }),
      () => who.say(channel, `@Kiln ${most(1900)}`),
      () =>
        who.say(channel, `@Kiln a fox ${most(300)}`, {
          files: [{ bytes, name: most(80), type: 'image/gif' }],
        }),
      () =>
        boss.slash(channel, 'styles', { name: style, prompt: `{prompt} ${most(900)}`, negative: most(900) }),
      () => who.slash(channel, 'history', { search: most(80) }),
      () => who.slash(channel, 'queue'),
      () => boss.slash(channel, 'settings', { forbidden: `zebra, ${most(60)}x9x9` }),
      () => boss.slash(channel, 'stats', { period: 'hour', person: most(30) }),
    ])();
    // An error that is for the asker alone is no reply to what they said: it comes as a direct message.
    const patience = 'said' in answer ? 5000 : 20_000;
    const shown = answer.until(
      ({ loading, content, files, buttons }) =>
        !loading &&
        (files.length > 0 ||
          (content !== '' &&
            !buttons.some(({ customId }) => customId.startsWith('kiln:cancel')) &&
            content !== '…')),
      patience,
    );
    const end = await shown.catch(async (error: unknown) => {
      if ('said' in answer) return undefined;
      const late = await answer.acknowledged.then(() => false).catch(() => true);
      if (!late) throw error;
      return undefined;
    });
    if (!end || end.buttons.length < 5) return;
    drawn += 1;
    for (const label of ['Info', 'Edit']) {
      const pressed = who.press(end, label);
      if (!(await pressed.acknowledged.catch(() => undefined))) return;
      if (pressed.modal)
        await who
          .submit(pressed.modal, { [pressed.modal.fields[0]!.customId]: most(500) })
          .acknowledged.catch(() => undefined);
    }
  }
});

test('whatever people write on Slack is shown, drawn and kept as words, and notifies nobody but them', async () => {
  const count = fuzzCount(400);
  const watch = watchProcess();
  const random = createRandom(seed + 1);
  const limits = new Proxy({}, { get: () => Number.POSITIVE_INFINITY, has: () => true });
  const slack = await startFakeSlack({ limits, fileDelay: 0 });
  slack.tolerate('ack');
  const defects = createDefects();
  const victim = slack.user();
  const text = createHostileText(random, [victim.id, 'S0VICTIMS', 'everyone']);
  const most = (characters: number) =>
    Buffer.from(text().slice(0, characters)).toString().slice(0, characters) || 'x';
  const room = await startRoom({ slack, logger: defects.logger });
  await slack.until(() => slack.sockets > 0, 'a socket');
  const boss = slack.user({ name: most(60), admin: true });
  const channel = slack.channel();
  const elsewhere = slack.channel({ bot: false });
  const file = () => ({ name: most(80), bytes: Buffer.from('GIF89a'), alt: most(80) });
  const askers = new Set([boss.id]);
  try {
    for (let made = 0; made < count; made += lot) {
      await Promise.all(Array.from({ length: Math.min(lot, count - made) }, write));
      await watch.check();
      expect(defects.first, `seed ${seed + 1}, before ${made + lot}`).toBeUndefined();
    }
    await later(3000);
    slack.assertNoBreach();
    for (const where of [channel, elsewhere]) check(where);
    console.log(
      `fuzz prompts: seed ${seed + 1}, ${count} on Slack, event loop at most ${watch.slowest.toFixed(0)} ms`,
    );
  } finally {
    await room.stop();
    await slack.close();
  }

  async function write(): Promise<void> {
    const who = slack.user({ name: most(60) });
    askers.add(who.id);
    const style = `s ${random.below(9)}`;
    const told = await random.pick<() => Promise<unknown>>([
      () => who.mention(channel, most(4000)),
      () => who.mention(channel, most(4000), { typed: true }),
      () => who.mention(channel, `a fox ${most(300)}`, { files: [file()] }),
      () => who.slash('/imagine', `a fox ${most(2000)} --style ${style}`, channel),
      () => who.slash('/imagine', most(2000), elsewhere),
      () => boss.slash('/kiln', `styles ${style} --prompt {prompt} ${most(500)} --no ${most(500)}`, channel),
      () => who.slash('/kiln', most(300), channel),
      () => who.slash('/kiln', `history ${most(300)}`, channel),
      () => boss.slash('/kiln', `settings --forbidden zebra, ${most(60)}x9x9`, channel),
      () => who.openHome(),
    ])();
    const { view } = told as { view?: Parameters<typeof who.submit>[0] };
    if (view) await who.submit(view, { prompt: most(2000) });
  }

  function check(where: Parameters<FakeSlack['messages']>[0]): void {
    for (const { bot, shown, pings, thread, ephemeralTo, ts } of slack.messages(where, { deleted: true })) {
      if (!bot) continue;
      expect(saysTooMuch(shown)).toBeUndefined();
      const asker = ephemeralTo ?? slack.messages(where).find((each) => each.ts === thread)?.user;
      const others = pings.filter(
        ({ kind, id }) => kind !== 'user' || (asker ? id !== asker : !askers.has(id)),
      );
      expect(others, `seed ${seed + 1}, message ${ts}: ${shown}`).toEqual([]);
    }
  }
});
