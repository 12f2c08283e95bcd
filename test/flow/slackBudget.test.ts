import { expect, test } from 'vitest';
import { drawn, slackStage } from './slackStage.js';

const stage = slackStage({ each: 'file', env: { KILN_SLOTS: '10' } });

test('ten jobs at once keep to what the workspace may change a minute, and pictures go before progress', async () => {
  const { slack } = stage;
  const channels = Array.from({ length: 10 }, () => slack.channel());
  const from = slack.calls.length;
  await Promise.all(
    channels.map((channel, n) =>
      slack.user().mention(channel, `a bird ${n} takes ${n < 5 ? 150 : 400} ms --steps 20`),
    ),
  );
  await slack.until(
    () => channels.every((channel) => slack.messages(channel).some(drawn)),
    'ten pictures',
    40_000,
  );
  await stage.ended();
  const updates = slack.calls.slice(from).filter(({ method }) => method === 'chat.update');
  expect(updates.filter(({ status }) => status === 429)).toEqual([]);
  for (const { at } of updates) {
    const minute = updates.filter((other) => other.at > at - 60_000 && other.at <= at);
    expect(minute.length).toBeLessThanOrEqual(50);
  }
  // Somebody saw progress, and each of the first five pictures came within a turn of those that were drawn with it.
  const isFinal = ({ args }: { args: Record<string, unknown> }) =>
    JSON.stringify(args.blocks).includes('slack_file');
  expect(updates.filter((one) => !isFinal(one)).length).toBeGreaterThan(5);
  for (const row of stage.rows() as unknown as { drawn: number; delivered: number }[]) {
    expect(Number(row.delivered) - Number(row.drawn)).toBeLessThan(15_000);
  }
}, 60_000);

test.each([{ refresh: true }, { refresh: false }])(
  'a connection that ends with %j while a job is drawn is opened again, and the job is shown',
  async (how) => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    await ada.mention(channel, `a kite ${how.refresh} takes 100 ms`);
    slack.dropSocket(how);
    await stage.picture(channel, `a kite ${how.refresh}`);
    await slack.until(() => slack.sockets > 0, 'a socket', 20_000);
    await slack.until(async () => (await fetch(`${stage.room.address}/readyz`)).ok, 'ready again');
    await ada.mention(channel, `a second kite ${how.refresh}`);
    await stage.picture(channel, `a second kite ${how.refresh}`);
    expect(slack.messages(channel)).toHaveLength(4);
  },
);

test('what comes four times over a socket, and a mention in a conversation, is one job and one answer', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  await ada.mention(channel, 'a quartet', { times: 4 });
  await ada.mention(ada.dmChannel(), 'a duet', { times: 4 });
  await ada.slash('/imagine', 'a trio', channel, { times: 4 });
  await stage.picture(channel, 'a quartet');
  await stage.picture(channel, 'a trio');
  await stage.picture(ada.dmChannel(), 'a duet');
  await stage.ended();
  const rows = stage.rows().filter(({ prompt }) => /quartet|duet|trio/.test(prompt));
  expect(rows.map(({ prompt }) => prompt)).toEqual(['a quartet', 'a duet', 'a trio']);
  expect(slack.messages(channel).filter(({ bot }) => bot)).toHaveLength(2);
  expect(slack.messages(ada.dmChannel()).filter(({ bot }) => bot)).toHaveLength(1);
});

test('a slow Slack delays pictures, never acknowledgements', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  slack.slow(900);
  const said = await ada.mention(channel, 'a snail');
  const asked = await ada.slash('/imagine', 'a slug', channel);
  slack.slow(0);
  expect(said.acknowledged).toBeLessThan(3000);
  expect(asked.acknowledged).toBeLessThan(3000);
  await stage.picture(channel, 'a snail');
  await stage.picture(channel, 'a slug');
});
