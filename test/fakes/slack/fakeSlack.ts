import { createApi, type RecordedCall } from './api.js';
import type { FakeSlack, FakeSlackOptions } from './contract.js';
import { createDelivered, type Delivered, deliver, type Sending } from './delivery/deliver.js';
import { eventParcel } from './delivery/event.js';
import { postSigned } from './delivery/http.js';
import type { Parcel, Transport } from './delivery/parcel.js';
import { startSockets } from './delivery/sockets.js';
import type { Uploads } from './methods/files.js';
import { createOAuth } from './oauth.js';
import { createPerson, type Person } from './people/person.js';
import { createRates } from './rates.js';
import { createResponseUrls } from './responseUrls.js';
import { seen } from './seen.js';
import { startServer } from './server.js';
import { createStorms } from './storms.js';
import { createTriggers } from './triggers.js';
import { until } from './until.js';
import type { Wire } from './wire.js';
import { type Channel, createWorld, type PersonRecord, type Team } from './world.js';

/**
 * A Slack on 127.0.0.1 that the real Bolt talks to, and that keeps a book of the rules that are broken.
 *
 * @example
 * const slack = await startFakeSlack();
 * const app = new App({ token: slack.botToken, appToken: slack.appToken, socketMode: true,
 *   clientOptions: { slackApiUrl: slack.apiUrl } });
 * await app.start();
 * const said = await slack.user().mention(slack.channel(), 'a red fox');
 * slack.assertNoBreach();
 */
export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const now = options.now ?? (() => Date.now());
  const timers = new Set<() => void>();
  function after(milliseconds: number, work: () => void): () => void {
    const set = options.after ?? timeout;
    const callOff = set(milliseconds, () => {
      timers.delete(callOff);
      work();
    });
    timers.add(callOff);
    return callOff;
  }
  const world = createWorld(
    { now, after },
    {
      appId: 'A0KILNFAKE0',
      signingSecret: '8f742231b10e8888abcd99yyyzzz85a5',
      appToken: 'xapp-1-A0KILNFAKE0-1234567890-fake',
      fileDelay: options.fileDelay ?? 100,
    },
  );
  const calls: RecordedCall[] = [];
  const uploads: Uploads = new Map();
  const storms = createStorms(world);
  const triggers = createTriggers(world, options.triggerMilliseconds ?? 3000);
  const responseUrls = createResponseUrls(world);
  const oauth = createOAuth(world, options.scopes ?? [], options.rotateTokens ?? false);
  let eventsUrl = options.eventsUrl;
  let delay = 0;
  let closed = false;

  const told: Parcel[] = [];
  const tellOnce: Transport = (parcel, retry) =>
    eventsUrl ? postSigned(eventsUrl, world.signingSecret, parcel, retry) : sockets.send(parcel, retry);
  const transport: Transport = (parcel, retry) => {
    told.push(parcel);
    return tellOnce(parcel, retry);
  };
  const people = { world, transport, triggers, responseUrls };

  function tell(event: Wire, team: Team, sending?: Sending): Promise<Delivered> {
    const filling = createDelivered();
    return deliver(world, transport, eventParcel(world, team, event), filling, sending).then(
      () => filling.handle,
    );
  }

  const api = createApi({
    world,
    rates: createRates(world, options.limits),
    storms,
    triggers,
    oauth,
    uploads,
    scopes: options.scopes,
    calls,
    // Told after the answer has gone out; nobody minds when the app has gone by then.
    echo: (event, team) => void setTimeout(() => closed || tell(event, team, { mayFail: true }), 5).unref(),
    openSocket: () => sockets.address(),
  });
  const server = await startServer({
    world,
    api,
    storms,
    uploads,
    responseUrls,
    scopes: options.scopes,
    delay: () => delay,
    consent: (url) => oauth.approve(url, { team: home, user: user().id }),
  });
  const sockets = startSockets(world, server);

  function team({
    name = 'Elsewhere',
    installed = false,
  }: {
    name?: string;
    installed?: boolean;
  } = {}): Team {
    const id = world.id('T');
    const domain = name.toLowerCase().replace(/\W+/g, '-');
    const made: Team = {
      id,
      name,
      domain,
      botUser: world.id('U'),
      botId: world.id('B'),
      botToken: undefined,
    };
    world.teams.set(id, made);
    if (installed) oauth.install(made);
    return made;
  }
  const home = team({ name: 'Kiln Test', installed: true });
  const botToken = home.botToken!;
  const appToken = { value: world.appToken, kind: 'app', team: home.id, refused: undefined } as const;
  world.tokens.set(world.appToken, { ...appToken });

  let guests = 0;
  function user(wanted: { name?: string; admin?: boolean; owner?: boolean; team?: Team } = {}): Person {
    guests += 1;
    const { name = `guest${guests}`, admin = false, owner = false, team: where = home } = wanted;
    const record: PersonRecord = { id: world.id('U'), name, team: where.id, admin, owner };
    world.people.set(record.id, record);
    return createPerson(people, record);
  }

  /** All tokens of a workspace end with this error, and the app hears of it. */
  function end(where: Team, refused: 'token_revoked' | 'account_inactive'): void {
    for (const token of world.tokens.values()) {
      if (token.team === where.id && token.kind !== 'app') token.refused ??= refused;
    }
    where.botToken = undefined;
  }

  const viewsOf = (person: Person, type: string) =>
    [...world.views.values()].filter(
      (one) => one.user === person.id && one.content.type === type && one.open,
    );

  return {
    apiUrl: `${world.host}/api/`,
    host: world.host,
    authorizationUrl: `${world.host}/oauth/v2/authorize`,
    appId: world.appId,
    botToken,
    appToken: world.appToken,
    signingSecret: world.signingSecret,
    clientId: oauth.clientId,
    clientSecret: oauth.clientSecret,
    get eventsUrl() {
      return eventsUrl;
    },
    set eventsUrl(url) {
      eventsUrl = url;
    },
    home,
    team,
    user,
    channel({ name, private: hidden = false, bot = true, im, team: where = home } = {}) {
      if (im) return im.dmChannel();
      const id = world.id(hidden ? 'G' : 'C');
      const kind = hidden ? 'private' : 'public';
      const made: Channel = {
        id,
        name: name ?? `channel-${world.channels.size}`,
        team: where.id,
        kind,
        bot,
        archived: false,
      };
      world.channels.set(id, made);
      world.messages.set(id, []);
      return made;
    },
    messages: (channel, { deleted = false } = {}) =>
      world.messages
        .get(channel.id)!
        .filter((one) => deleted || !one.deleted)
        .map((one) => seen(world, one)),
    homeTab: (person) => viewsOf(person, 'home')[0],
    modals: (person) => viewsOf(person, 'modal'),
    get files() {
      return [...world.files.values()];
    },
    calls,
    breaches: world.breaches.all,
    tolerated: world.breaches.tolerated,
    assertNoBreach: () => world.breaches.assertNone(),
    tolerate: (rule) => world.breaches.tolerate(rule),
    storm: (storm) => storms.begin(storm),
    calm: () => storms.end(),
    slow(milliseconds) {
      delay = milliseconds;
    },
    dropSocket: ({ refresh = false } = {}) => sockets.drop(refresh),
    get sockets() {
      return sockets.count();
    },
    approve: (url, choice = {}) =>
      oauth.approve(url, { team: choice.team ?? home, user: (choice.user ?? user()).id, deny: choice.deny }),
    install: (where) => oauth.install(where).value,
    revoke(where = home) {
      end(where, 'token_revoked');
      return tell(
        { type: 'tokens_revoked', tokens: { oauth: [], bot: [where.botUser] }, event_ts: world.ts() },
        where,
      );
    },
    async uninstall(where = home) {
      end(where, 'account_inactive');
      await tell(
        { type: 'tokens_revoked', tokens: { oauth: [], bot: [where.botUser] }, event_ts: world.ts() },
        where,
      );
      return tell({ type: 'app_uninstalled', event_ts: world.ts() }, where);
    },
    event: (event, { team: where = home, ...sending } = {}) => tell(event, where, sending),
    told,
    tell: (parcel) => tellOnce(parcel),
    renew: responseUrls.renew,
    whisper: (words) => sockets.whisper(words),
    forge(parcel, forgery) {
      if (!eventsUrl) throw new Error('Cannot forge: signatures are for HTTP, set eventsUrl');
      return postSigned(eventsUrl, world.signingSecret, parcel, undefined, forgery);
    },
    until: (check, what, milliseconds) => until(world, check, what, milliseconds),
    async close() {
      closed = true;
      for (const callOff of timers) callOff();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function timeout(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
