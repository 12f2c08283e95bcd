import { setTimeout as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { commands } from '../../commands/index.js';
import { type FakeDiscord, startFakeDiscord } from '../fakes/discord/fakeDiscord.js';
import type { Handle } from '../fakes/discord/handle.js';
import { startRoom } from '../fixtures/room.js';
import { fuzzCount, fuzzSeed } from './count.js';
import { createDefects } from './defects.js';
import { type DiscordCorpus, discordCorpus } from './discordCorpus.js';
import { createHostileText } from './hostileText.js';
import { mutate } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { saysTooMuch } from './saysTooMuch.js';
import { smuggled } from './smuggled.js';
import { watchProcess } from './watch.js';

const roomful = 4000;
const lot = 40;
/** Whom Discord says it is, and what it wants to be answered by: that much can be relied on. */
const keep = [
  'id',
  'token',
  'application_id',
  'type',
  'data.type',
  'member.user.id',
  'user.id',
  'author.id',
  'author.bot',
];

test('interactions and messages that no Discord would send bring nothing down and reach nobody', async () => {
  const full = fuzzCount(14_000);
  const watch = watchProcess();
  for (let done = 0; done < full; done += roomful) {
    await fuzzRoom(Math.min(roomful, full - done), fuzzSeed + 10 + done);
  }

  async function fuzzRoom(count: number, seed: number): Promise<void> {
    const random = createRandom(seed);
    const discord = await startFakeDiscord({ unhurried: true });
    const defects = createDefects();
    const [victim, role] = [discord.user(), discord.role(discord.guild(), 'Everybody')];
    const text = createHostileText(random, [victim.id, role]);
    const env = { KILN_WAITING_EACH: '3', KILN_WAITING: '8', KILN_RUNNING_EACH: '1' };
    const room = await startRoom({ discord, env, logger: defects.logger });
    try {
      const corpus = await discordCorpus(discord, { eve: text().slice(0, 32) || 'eve' });
      const before = watch.memory();
      const began = performance.now();
      const seen = new Map<unknown, number>();
      let read = 0;
      for (let made = 0; made < count; made += lot) {
        const handles = Array.from({ length: Math.min(lot, count - made) }, () =>
          one(discord, corpus, random, text),
        );
        read += await settled(discord, handles);
        if (made % 400 === 0 || made + lot >= count) await check(made);
      }
      const grown = (watch.memory() - before) / 2 ** 20;
      console.log(
        `fuzz Discord: seed ${seed}, ${count} events in ${((performance.now() - began) / 1000).toFixed(0)} s, ${read} answered, ` +
          `${defects.late} calls given up, event loop at most ${watch.slowest.toFixed(0)} ms, ${grown.toFixed(1)} MiB more in use`,
      );

      async function check(made: number): Promise<void> {
        const at = `seed ${seed}, before ${made + lot}`;
        await watch.check();
        expect(defects.first, at).toBeUndefined();
        expect((await fetch(`${room.address}/healthz`)).status).toBe(200);
        await corpus.drawPlainly();
        for (const where of corpus.channels) {
          for (const { author, content, embeds, id } of discord
            .messages(where, { deleted: true })
            .slice(made + lot >= count ? 0 : seen.get(where))) {
            if (!author.bot) continue;
            const words = embeds.flatMap(({ title = '', description = '' }) => [title, description]);
            expect(saysTooMuch([content, ...words].join('\n')), `${at}, message ${id}`).toBeUndefined();
          }
          seen.set(where, discord.messages(where, { deleted: true }).length);
        }
        expect(smuggled(discord, corpus.channels), at).toEqual([]);
        // Made-up tokens are unknown to Discord, and nothing that Kiln could know better.
        discord.forgive(/10062 Unknown interaction|10015 Unknown Webhook|not answered within 3000 ms/);
        discord.assertNoBreach();
      }
    } finally {
      await room.stop();
      await discord.close();
    }
  }
});

function one(discord: FakeDiscord, corpus: DiscordCorpus, random: Random, text: () => string): Handle {
  const kept = random.below(10) === 0 ? keep.slice(5) : keep;
  const change = (payload: unknown) => mutate(payload, { random, text, keep: kept });
  if (random.below(6) === 0) return discord.retellMessage(random.pick(corpus.messages), change);
  const from = random.pick(corpus.interactions);
  return discord.retell(from, (payload) => {
    const { data } = payload as { data: { custom_id?: string } };
    if (typeof data?.custom_id === 'string' && random.below(2) === 0)
      data.custom_id = customId(corpus, random, text);
    return random.below(10) === 0 ? payload : change(payload);
  });
}

function customId({ jobs }: DiscordCorpus, random: Random, text: () => string): string {
  const { name } = random.pick(commands);
  const job = random.pick([...jobs, ...jobs, 'aaaaaaaaaa', '', '__proto__', '%E0%A4%A', '%2e%2e%2f', text()]);
  const index = random.pick(['1', '2', '4', '5', '0', '-1', '999', '1000', '1e3', '', '01', text()]);
  const whole = random.pick([
    `kiln:${name}:${job}:${index}`,
    `kiln:${name}:${job}`,
    `kiln:form:${name}:${job}:${index}`,
  ]);
  return random.below(4) > 0
    ? whole
    : random.pick([
        '',
        'kiln',
        'kiln:',
        `kiln:${name}`,
        `${whole}:${whole}`,
        `\n${whole}`,
        text(),
        whole.toUpperCase(),
      ]);
}

/** Waits until what was told is answered, or nothing happens any more; gives how many were answered. */
async function settled(discord: FakeDiscord, handles: readonly Handle[]): Promise<number> {
  let answered = 0;
  for (const handle of handles) void handle.acknowledged.then(() => (answered += 1)).catch(() => {});
  let posts = -1;
  for (let still = 0; still < 4 && answered < handles.length; ) {
    await later(40);
    const now = discord.posts.length + answered;
    still = now === posts ? still + 1 : 0;
    posts = now;
  }
  return answered;
}
