import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { appRoutes } from './appRoutes.js';
import type { Bag } from './bag.js';
import { serveFile } from './cdn.js';
import { channelRoutes } from './channelRoutes.js';
import { commandRoutes } from './commandRoutes.js';
import { createGateway, type Gateway } from './gateway.js';
import { guildRoutes } from './guildRoutes.js';
import { until } from './handle.js';
import { interactionRoutes } from './interactionRoutes.js';
import { removeMessage } from './messages.js';
import { type PermissionName, permissionBits } from './permissions.js';
import { createPerson, type Person } from './person.js';
import { createPlaces, type Places } from './places.js';
import { createRates } from './rates.js';
import { createRest } from './rest.js';
import { createRetell, type Retell } from './retell.js';
import { type Seen, seen } from './seen.js';
import { createTroubles, type Troubles } from './troubles.js';
import { webhookRoutes } from './webhookRoutes.js';
import { type Channel, createWorld, type Guild, type Member, type Post, type World } from './world.js';

export interface FakeDiscordOptions {
  /** Milliseconds since 1970, for tokens' expiry, messages' age and ids; tests may speed it up. */
  readonly now?: () => number;
  readonly token?: string;
  readonly botName?: string;
  /** Bytes that a file may have, 10 MiB when left out. */
  readonly fileLimit?: number;
  /** 41.25 s as Discord's, when left out. */
  readonly heartbeatInterval?: number;
  /** Privileged intents that were granted, added up; none when left out. */
  readonly privileged?: number;
  readonly shards?: number;
  /** Milliseconds between two IDENTIFYs of a shard, 5,000 as Discord's when left out. */
  readonly identifyWindow?: number;
  /** IDENTIFYs a day, 1,000 when left out. */
  readonly identifies?: number;
  /** True: requests may come as often as they like. */
  readonly unhurried?: boolean;
}

export interface UserOptions {
  readonly name?: string;
  readonly permissions?: readonly PermissionName[];
  /** Names of roles. */
  readonly roles?: readonly string[];
  readonly admin?: boolean;
  readonly locale?: string;
  /** False: does not take direct messages from the bot. */
  readonly dms?: boolean;
  /** Bytes that a file may have where this person asks. */
  readonly fileLimit?: number;
}

/** A Discord of one bot, on 127.0.0.1. */
export interface FakeDiscord
  extends Pick<Places, 'guild' | 'channel' | 'archive' | 'deleteChannel' | 'removeBot'>,
    Pick<Troubles, 'storm' | 'slow' | 'calm'>,
    Pick<Gateway, 'drop' | 'outage' | 'reconnect' | 'acking' | 'again'>,
    Retell {
  /** For discord.js's `rest.api`. */
  readonly apiUrl: string;
  readonly token: string;
  readonly botId: string;
  user(options?: UserOptions): Person;
  /** The id of a role, made when there is none of that name. */
  role(guild: Guild, name: string): string;
  /** All that can be seen in a channel, oldest first, other people's private messages too. */
  messages(channel: Channel, how?: { readonly deleted?: boolean }): readonly Seen[];
  /** Deleted by somebody else: a moderator, Discord. */
  deleteMessage(message: Seen): void;
  /** The commands that are registered, everywhere or in one guild. */
  commands(guild?: Guild): readonly Bag[];
  /** Everything the bot asked of REST. */
  readonly posts: readonly Post[];
  /** Each message or edit that notifies somebody, whatever the bot's permissions. */
  readonly pings: World['pings'];
  /** What the bot did that Discord forbids. */
  readonly breaches: readonly string[];
  /** @throws Error listing every breach */
  assertNoBreach(): void;
  /** Takes back breaches that a test provoked, and gives them. */
  forgive(pattern: RegExp): readonly string[];
  /** Answers of 401, 403 and 429 in the last ten minutes. */
  readonly invalidRequests: number;
  /** @throws Error when there were more of them */
  assertInvalidRequests(most: number): void;
  /** Connections of the bot now. */
  readonly connected: number;
  /** Resolves once `test` gives something; it is tried at each change. */
  until<Found>(test: () => Found | undefined | false, milliseconds?: number): Promise<Found>;
  close(): Promise<void>;
}

/**
 * Starts a Discord that the real discord.js talks to, and that writes down every breach of Discord's limits.
 *
 * @example
 * const discord = await startFakeDiscord();
 * const client = new Client({ intents, rest: { api: discord.apiUrl } });
 * await client.login(discord.token);
 * const ada = discord.user();
 * const answer = ada.slash(discord.channel(), 'imagine', { prompt: 'a fox' });
 * await answer.until((message) => message.files.length === 1);
 * discord.assertNoBreach();
 */
export async function startFakeDiscord(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  let port = 0;
  const now = options.now ?? Date.now;
  const world = createWorld({
    now,
    url: () => `http://127.0.0.1:${port}`,
    fileLimit: options.fileLimit ?? 10 * 1024 * 1024,
    token: options.token,
    botName: options.botName ?? 'Kiln',
  });
  const places = createPlaces(world);
  const rates = createRates(world, options.unhurried);
  const troubles = createTroubles();
  const server = createServer();
  const gateway = createGateway(world, server, {
    heartbeatInterval: options.heartbeatInterval ?? 41_250,
    privileged: options.privileged ?? 0,
    shards: options.shards ?? 1,
    identifyWindow: options.identifyWindow ?? 5000,
    identifies: options.identifies ?? 1000,
  });
  const routes = [
    ...appRoutes(world, gateway.facts),
    ...commandRoutes(world),
    ...interactionRoutes(world),
    ...webhookRoutes(world),
    ...channelRoutes(world),
    ...guildRoutes(world, places.directWith),
  ];
  const rest = createRest(world, routes, rates, troubles);
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', world.url());
    if (/^\/(ephemeral-)?attachments\//.test(url.pathname)) serveFile(world, url, response);
    else void rest(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  let people = 0;

  return {
    ...places,
    ...troubles,
    ...createRetell(world),
    drop: gateway.drop,
    outage: gateway.outage,
    reconnect: gateway.reconnect,
    acking: gateway.acking,
    again: gateway.again,
    apiUrl: `${world.url()}/api`,
    token: world.token,
    botId: world.bot.id,
    user(how = {}) {
      people += 1;
      const administrator = how.admin ? PermissionFlagsBits.Administrator : 0n;
      const member: Member = {
        id: world.id(),
        username: how.name ?? `person${people}`,
        bot: false,
        permissions: permissionBits(how.permissions ?? []) | administrator,
        roles: how.roles ?? [],
        locale: how.locale ?? 'en-US',
        dms: how.dms ?? true,
        fileLimit: how.fileLimit ?? 0,
      };
      world.people.set(member.id, member);
      return createPerson(world, places, member);
    },
    messages: (channel, how = {}) =>
      [...channel.messages.values()].map(seen).filter(({ deleted }) => how.deleted || !deleted),
    deleteMessage: (message) => removeMessage(world, message.channel.messages.get(message.id)!),
    commands: (guild) => [...(world.commands.get(guild?.id ?? '')?.values() ?? [])],
    posts: world.posts,
    pings: world.pings,
    breaches: world.breaches,
    assertNoBreach() {
      if (world.breaches.length > 0) {
        throw new Error(`Discord's rules were broken:\n- ${world.breaches.join('\n- ')}`);
      }
    },
    forgive(pattern) {
      const forgiven = world.breaches.filter((each) => pattern.test(each));
      const kept = world.breaches.filter((each) => !pattern.test(each));
      world.breaches.splice(0, Number.POSITIVE_INFINITY, ...kept);
      return forgiven;
    },
    get invalidRequests() {
      return rates.invalid;
    },
    assertInvalidRequests(most) {
      const { invalid } = rates;
      if (invalid > most)
        throw new Error(`${invalid} requests of ten minutes were 401, 403 or 429, want ${most} at most`);
    },
    get connected() {
      return gateway.connected;
    },
    until: (test, milliseconds) => until(world, test, () => String(test), milliseconds),
    async close() {
      world.closed = true;
      gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
