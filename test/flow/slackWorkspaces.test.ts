import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FakeSlack } from '../fakes/slack/contract.js';
import { startFakeSlack } from '../fakes/slack/fakeSlack.js';
import type { Team } from '../fakes/slack/world.js';
import { type FastClock, fastClock } from '../fixtures/fast-clock.js';
import { type Room, startRoom } from '../fixtures/room.js';
import { drawn, freePort, sleep } from './slackStage.js';

let slack: FakeSlack;
let room: Room;
let clock: FastClock;
let address: string;

beforeEach(async () => {
  clock = fastClock(8);
  slack = await startFakeSlack({ now: clock.now, after: clock.after });
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  slack.eventsUrl = `${address}/slack/events`;
  room = await startRoom({
    clock,
    env: {
      SLACK_CLIENT_ID: slack.clientId,
      SLACK_CLIENT_SECRET: slack.clientSecret,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      SLACK_PORT: String(port),
    },
  });
});

afterEach(async () => {
  await room.stop();
  await slack.close();
  slack.assertNoBreach();
});

/** Through the pages, as somebody does in a browser; gives the last page. */
async function install(team: Team): Promise<Response> {
  const page = await fetch(`${address}/slack/install`);
  const cookie = page.headers.get('set-cookie')!.split(';')[0]!;
  const link = /href="(https:[^"]+)"/.exec(await page.text())![1]!.replaceAll('&amp;', '&');
  const back = new URL(slack.approve(link, { team }));
  return fetch(`${address}${back.pathname}${back.search}`, { headers: { cookie } });
}

async function draw(team: Team, prompt: string) {
  const channel = slack.channel({ team });
  const ada = slack.user({ team });
  await ada.mention(channel, prompt);
  const message = await slack.until(
    () => slack.messages(channel).find((one) => drawn(one) && one.shown.includes(prompt)),
    prompt,
    20_000,
  );
  return { channel, ada, message };
}

/** Every byte that Kiln has on the disk, by file. */
const disk = (): readonly { name: string; bytes: Buffer }[] =>
  readdirSync(room.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, bytes: readFileSync(name) }));

const holding = (words: string) => disk().filter(({ bytes }) => bytes.includes(words));

test('two workspaces install Kiln, draw side by side, and one takes its tokens with it', async () => {
  const [foxes, owls] = [slack.team({ name: 'Foxes' }), slack.team({ name: 'Owls' })];
  for (const team of [foxes, owls]) expect((await install(team)).status).toBe(200);
  const tokens = [foxes.botToken!, owls.botToken!];
  expect(new Set(tokens).size).toBe(2);
  const [there, here] = await Promise.all([draw(foxes, 'a fox of foxes'), draw(owls, 'an owl of owls')]);
  // Each with its own token, and in its own rooms.
  const posts = slack.calls.filter(({ method }) => method === 'chat.postMessage');
  expect(new Set(posts.map(({ team }) => team))).toEqual(new Set([foxes.id, owls.id]));
  await there.ada.slash('/kiln', 'history', there.channel);
  const history = await slack.until(() =>
    slack.messages(there.channel).find(({ ephemeralTo }) => ephemeralTo),
  );
  expect(history.shown).not.toContain('an owl of owls');

  // What is kept is there, under the workspace's name, and no token can be read.
  expect(holding(`slack/installation/${foxes.id}`).length).toBeGreaterThan(0);
  const sealed = disk().filter(({ name }) => name.endsWith('kiln.db') || name.endsWith('-wal'));
  expect(sealed.length).toBeGreaterThan(0);
  for (const token of tokens) {
    for (const form of [token, Buffer.from(token).toString('base64'), Buffer.from(token).toString('hex')]) {
      expect(holding(form).map(({ name }) => name)).toEqual([]);
    }
  }

  await room.restart();
  await there.ada.press(there.message, '🔄 Re-roll');
  await slack.until(() => slack.messages(there.channel).filter(drawn).length === 2);

  const other = slack.user({ team: foxes });
  await other.mention(there.channel, 'a last fox takes 150 ms');
  await slack.until(() => slack.messages(there.channel).some(({ shown }) => shown.includes('Drawing')));
  await slack.uninstall(foxes);
  await draw(owls, 'an owl that stays');
  await here.ada.press(here.message, 'V1');
  await slack.until(() => slack.messages(here.channel).filter(drawn).length === 2);
  await sleep(300);
  expect(slack.messages(there.channel).filter(drawn)).toHaveLength(2);
  await room.stop();
  expect(holding(`slack/installation/${foxes.id}`)).toEqual([]);
  expect(holding(`slack/installation/${owls.id}`).length).toBeGreaterThan(0);
  expect(holding(tokens[0]!)).toEqual([]);
}, 60_000);

test('whoever comes back denied, or with a state that was never given, has installed nothing', async () => {
  const team = slack.team();
  const page = await fetch(`${address}/slack/install`);
  const link = /href="(https:[^"]+)"/.exec(await page.text())![1]!.replaceAll('&amp;', '&');
  for (const back of [slack.approve(link, { team, deny: true }), slack.approve(link, { team })]) {
    const { pathname, search } = new URL(back);
    expect((await fetch(`${address}${pathname}${search}`)).status).not.toBe(200);
  }
  const forged = `${address}/slack/oauth_redirect?code=1&state=forged`;
  expect((await fetch(forged)).status).not.toBe(200);
  expect(team.botToken).toBeUndefined();
  expect(holding(`slack/installation/${team.id}`)).toEqual([]);
});
