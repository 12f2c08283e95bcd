import type { Installation, InstallationStore } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { afterEach, expect, test } from 'vitest';
import { silent, startBolt } from './boltApp.js';
import type { FakeSlack } from './contract.js';
import { startFakeSlack } from './fakeSlack.js';

let slack: FakeSlack;
let stop = async () => {};

afterEach(async () => {
  await stop();
  stop = async () => {};
  await slack.close();
});

function memoryStore(): InstallationStore & { all: Map<string, Installation> } {
  const all = new Map<string, Installation>();
  return {
    all,
    storeInstallation: async (installation) =>
      void all.set(installation.team!.id, installation as Installation),
    fetchInstallation: async ({ teamId }) => all.get(teamId!) as never,
    deleteInstallation: async ({ teamId }) => void all.delete(teamId!),
  };
}

async function startMany(scopes: string[]) {
  slack = await startFakeSlack({ scopes });
  const store = memoryStore();
  const bolt = await startBolt(
    slack,
    'HTTP',
    (app) => {
      app.event('app_mention', async ({ say, context }) => void (await say(`from ${context.teamId}`)));
      app.event(
        'app_uninstalled',
        async ({ body }) => void (await store.deleteInstallation!({ teamId: body.team_id } as never)),
      );
    },
    {
      clientId: slack.clientId,
      clientSecret: slack.clientSecret,
      stateSecret: 'a secret of the app’s',
      scopes,
      installationStore: store,
      installerOptions: {
        authorizationUrl: slack.authorizationUrl,
        directInstall: true,
        legacyStateVerification: true,
      },
    },
  );
  stop = bolt.stop;
  return { store, origin: slack.eventsUrl!.replace('/slack/events', '') };
}

test('two workspaces install the app through the consent page, and each is answered with its own token', async () => {
  const { store, origin } = await startMany(['chat:write', 'app_mentions:read']);
  const teams = [slack.team({ name: 'One' }), slack.team({ name: 'Two' })];
  for (const team of teams) {
    const page = await fetch(`${origin}/slack/install`, { redirect: 'manual' });
    const consent = new URL(page.headers.get('location')!);
    expect(consent.origin).toBe(slack.host);
    const back = new URL(slack.approve(`${consent}`, { team, user: slack.user({ team }) }));
    const done = await fetch(`${origin}/slack/oauth_redirect${back.search}`);
    expect(done.status).toBe(200);
    expect(store.all.get(team.id)!.bot).toMatchObject({
      token: team.botToken,
      id: team.botId,
      userId: team.botUser,
    });
  }
  for (const team of teams) {
    const channel = slack.channel({ team });
    await slack.user({ team }).mention(channel, 'hello');
    const answer = await slack.until(() => slack.messages(channel).find((one) => one.bot));
    expect(answer.text).toBe(`from ${team.id}`);
  }
  const { botToken } = teams[0]!;
  await slack.uninstall(teams[0]);
  await slack.until(() => !store.all.has(teams[0]!.id));
  const client = new WebClient(botToken, { slackApiUrl: slack.apiUrl, logger: silent });
  await expect(client.auth.test()).rejects.toMatchObject({ data: { error: 'account_inactive' } });
  slack.assertNoBreach();
});

test('a person who says no comes back with an error', async () => {
  const { store, origin } = await startMany(['chat:write']);
  const page = await fetch(`${origin}/slack/install`, { redirect: 'manual' });
  const back = new URL(slack.approve(page.headers.get('location')!, { deny: true }));
  expect(back.searchParams.get('error')).toBe('access_denied');
  await fetch(`${origin}/slack/oauth_redirect${back.search}`);
  expect(store.all.size).toBe(0);
});

test('the consent page redirects a browser by itself', async () => {
  slack = await startFakeSlack();
  const asked = new URLSearchParams({
    client_id: slack.clientId,
    state: 's1',
    redirect_uri: 'http://127.0.0.1:9/back',
  });
  const page = await fetch(`${slack.authorizationUrl}?${asked}`, { redirect: 'manual' });
  const back = new URL(page.headers.get('location')!);
  expect([back.origin, back.searchParams.get('state')]).toEqual(['http://127.0.0.1:9', 's1']);
  const client = new WebClient(undefined, { slackApiUrl: slack.apiUrl, logger: silent });
  const access = (fields: object) =>
    client.oauth.v2.access({
      client_id: slack.clientId,
      client_secret: slack.clientSecret,
      code: back.searchParams.get('code')!,
      redirect_uri: 'http://127.0.0.1:9/back',
      ...fields,
    });
  await expect(access({ client_secret: 'guessed' })).rejects.toMatchObject({
    data: { error: 'bad_client_secret' },
  });
  expect(await access({})).toMatchObject({ access_token: slack.home.botToken, team: { id: slack.home.id } });
  await expect(access({})).rejects.toMatchObject({ data: { error: 'invalid_code' } });
  expect(slack.breaches.map((one) => one.rule)).toEqual(['bad_client_secret']);
});

test('a scope that the app does not hold is missed', async () => {
  slack = await startFakeSlack({ scopes: ['chat:write'] });
  const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, logger: silent });
  await client.chat.postMessage({ channel: slack.channel().id, text: 'a' });
  const info = client.users.info({ user: slack.user().id });
  await expect(info).rejects.toMatchObject({ data: { error: 'missing_scope', needed: 'users:read' } });
  expect(slack.breaches.map((one) => one.rule)).toEqual(['missing_scope']);
});

test('tokens that rotate expire after twelve hours and are renewed by the refresh token', async () => {
  let now = Date.UTC(2026, 0, 1);
  slack = await startFakeSlack({ now: () => now, rotateTokens: true });
  const team = slack.team();
  const back = new URL(
    slack.approve(`${slack.authorizationUrl}?client_id=${slack.clientId}&state=s`, { team }),
  );
  const client = new WebClient(undefined, { slackApiUrl: slack.apiUrl, logger: silent });
  const secrets = { client_id: slack.clientId, client_secret: slack.clientSecret };
  const first = await client.oauth.v2.access({ ...secrets, code: back.searchParams.get('code')! });
  expect(first.expires_in).toBe(43_200);
  now += 43_200_000;
  const old = client.auth.test({ token: first.access_token });
  await expect(old).rejects.toMatchObject({ data: { error: 'token_expired' } });
  const renewed = await client.oauth.v2.access({
    ...secrets,
    grant_type: 'refresh_token',
    refresh_token: first.refresh_token!,
  });
  expect(await client.auth.test({ token: renewed.access_token })).toMatchObject({ team_id: team.id });
});

test('a token that is revoked is refused, which is no breach', async () => {
  slack = await startFakeSlack();
  slack.tolerate('ack');
  await slack.revoke();
  const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, logger: silent });
  await expect(client.auth.test()).rejects.toMatchObject({ data: { error: 'token_revoked' } });
  slack.assertNoBreach();
});
