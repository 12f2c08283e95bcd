import type { FakeSlack } from '../fakes/slack/contract.js';
import type { Parcel } from '../fakes/slack/delivery/parcel.js';
import type { Seen } from '../fakes/slack/seen.js';
import type { Channel } from '../fakes/slack/world.js';

/** What Slack told Kiln as people used it, one of each kind, to make others of. */
export interface SlackCorpus {
  readonly parcels: readonly Parcel[];
  readonly channels: readonly Channel[];
  /** Ids of jobs: Ada's in the channel, one in her own conversation, and Eve's. */
  readonly jobs: readonly string[];
  /** Ids of those who ask. */
  readonly people: readonly string[];
  renew(responseUrl: string): string;
  /** Draws as anybody does. */
  drawPlainly(): Promise<Seen>;
}

/** Uses everything there is once. Eve is who tries; Ada owns the pictures. */
export async function slackCorpus(slack: FakeSlack, names: { eve: string }): Promise<SlackCorpus> {
  const ada = slack.user({ name: 'ada' });
  const eve = slack.user({ name: names.eve });
  const boss = slack.user({ name: 'boss', admin: true });
  const channel = slack.channel();
  const elsewhere = slack.channel({ bot: false });
  const drawn = (where: Channel, words: string) =>
    slack.until(
      () => slack.messages(where).find(({ images, shown }) => images.length > 0 && shown.includes(words)),
      words,
      30_000,
    );
  const buttonsOf = (message: Seen) =>
    message.blocks.flatMap((block) => (block.elements as { action_id?: string }[] | undefined) ?? []);
  const jobOf = (message: Seen) =>
    buttonsOf(message).flatMap(({ action_id }) => /^kiln:\w+:(\w+)/.exec(action_id ?? '')?.[1] ?? [])[0]!;

  await Promise.all([
    ada.mention(channel, 'a red fox --count 4'),
    ada.dm('a secret hen'),
    eve.mention(channel, 'a cow --ar 3:2 --seed 7'),
    eve.dm('a mill', { files: [{ name: 'mill.png', bytes: Buffer.from('x') }] }),
  ]);
  const [picture, hidden, mine] = await Promise.all([
    drawn(channel, 'a red fox'),
    drawn(ada.dmChannel(), 'a secret hen'),
    drawn(channel, 'a cow'),
  ]);
  const commands = [
    'queue',
    'history',
    'models',
    'styles',
    'help',
    'privacy',
    'cancel',
    `show ${jobOf(picture)}`,
  ];
  const own = mine.buttons.filter((label) => label !== 'Delete' && label !== 'Report');
  await Promise.all([
    ...picture.buttons.map((label) => eve.press(picture, label)),
    ...own.map((label) => eve.press(mine, label)),
    ...commands.map((text) => eve.slash('/kiln', text, channel)),
    eve.slash('/imagine', 'a barn --steps 4', channel),
    eve.slash('/imagine', 'a boat', elsewhere),
    boss.slash('/kiln', 'settings --forbidden blood', channel),
    boss.slash('/kiln', 'styles comic --prompt {prompt}, comic', channel),
    boss.slash('/kiln', 'stats hour', channel),
    eve.shortcut(picture, 'reimagine'),
    eve.shortcut(picture, 'promptof'),
    eve.openHome(),
  ]);
  const form = (await eve.slash('/imagine', '', channel)).view;
  const edit = (await eve.press(mine, 'Edit')).view;
  if (form) await eve.submit(form, { prompt: 'a form' });
  if (edit) await eve.submit(edit, {});

  return {
    parcels: [...slack.told],
    channels: [channel, elsewhere, ada.dmChannel(), eve.dmChannel()],
    jobs: [jobOf(picture), jobOf(hidden), jobOf(mine)],
    people: [ada.id, eve.id, boss.id],
    renew: slack.renew,
    async drawPlainly() {
      // Kiln posts to each channel in its turn, and there may be much to post where it was fuzzed.
      const calm = slack.channel();
      for (let tries = 1; ; tries += 1) {
        const { message } = await ada.mention(calm, 'a plain fox');
        const answer = await slack
          .until(
            () =>
              slack
                .messages(calm)
                .find(
                  ({ thread, bot, images, shown }) =>
                    thread === message.ts && bot && (images.length > 0 || shown.startsWith('Cannot ')),
                ),
            'a plain fox',
            60_000,
          )
          .catch((error: unknown) => {
            const there = slack.messages(calm).filter(({ thread }) => thread === message.ts);
            throw new Error(`Not drawn: ${JSON.stringify(there.map(({ shown }) => shown))}`, {
              cause: error,
            });
          });
        if (answer.images.length > 0) return answer;
        if (tries === 100) throw new Error(`Not drawn in the end: ${answer.shown}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
  };
}
