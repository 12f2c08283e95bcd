import {
  Client,
  DefaultRestOptions,
  DiscordAPIError,
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  Options,
  RESTEvents,
  type ResponseLike,
  SimpleShardingStrategy,
  Status,
} from 'discord.js';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { AdapterTools } from '../tools.js';
import { tellable } from './discordError.js';
import type { Pace } from './pace.js';
import { keepSessions } from './sessions.js';

export interface Connection {
  readonly client: Client;
  readonly ready: boolean;
  readonly closed: boolean;
  /** May be tried again when it fails. @throws UserError `bad-option` when Discord refuses the token */
  open(): Promise<void>;
  close(): Promise<void>;
  /** The ids of the application and its bot user, known from the gateway, now or in an earlier process. */
  self(): { readonly application: string; readonly user: string } | undefined;
  inGuild(guild: string): boolean;
}

export interface ConnectionOptions extends Pick<AdapterTools, 'memory' | 'clock' | 'logger'> {
  readonly token: string;
  readonly apiUrl?: string;
  readonly shards: number | 'auto';
  readonly pace: Pace;
  onInteraction(raw: unknown): void;
  onMessage(raw: unknown): void;
}

const ids = z.object({ application: z.string(), user: z.string() });
const greeting = z.object({ application: z.object({ id: z.string() }), user: z.object({ id: z.string() }) });

/** Kiln reads these itself: discord.js would build and keep objects of them that nobody asks for. */
const own = new Set<string>([
  GatewayDispatchEvents.InteractionCreate,
  GatewayDispatchEvents.MessageCreate,
  GatewayDispatchEvents.MessageUpdate,
  GatewayDispatchEvents.MessageDelete,
]);

/** What discord.js keeps to itself of its gateway. */
interface Inside {
  handlePacket(packet?: { t: string }, shard?: unknown): boolean;
  checkShardsReady(): void;
  destroyed: boolean;
}

/**
 * discord.js's client, with sessions that outlive the process, and with as little in its caches as Kiln needs: guilds,
 * their channels and roles.
 *
 * @example
 * const connection = createConnection({ token, shards: 1, pace, memory, clock, logger, onInteraction, onMessage });
 * await connection.open();
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { token, apiUrl, shards, pace, memory, clock, logger } = options;
  let self: z.output<typeof ids> | undefined;
  const greeted = new Set<number>();
  let closed = false;

  const client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
    allowedMentions: { parse: [] },
    ...(shards === 'auto' ? { shards } : { shardCount: shards }),
    rest: {
      ...(apiUrl && { api: apiUrl.replace(/\/+$/, '') }),
      async makeRequest(url, init): Promise<ResponseLike> {
        const response = await DefaultRestOptions.makeRequest(url, init);
        pace.learn(url, response.headers);
        return response;
      },
    },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      ReactionManager: 0,
      PresenceManager: 0,
      VoiceStateManager: 0,
      ThreadMemberManager: 0,
      GuildEmojiManager: 0,
      GuildStickerManager: 0,
      GuildMemberManager: { maxSize: 0, keepOverLimit: ({ id }) => id === self?.user },
      UserManager: { maxSize: 0, keepOverLimit: ({ id }) => id === self?.user },
    }),
    ws: {
      buildStrategy(manager) {
        Object.assign(manager.options, keepSessions(manager.options, { memory, clock, logger }));
        return new SimpleShardingStrategy(manager);
      },
    },
  });
  const { ws } = client;

  guard(ws as unknown as Inside, (error, event) => {
    logger.warn({ error, event }, 'Discord sent an event that could not be read');
  });
  ws.on(GatewayDispatchEvents.Ready, (raw: unknown, shard: number) => {
    const { data } = greeting.safeParse(raw);
    if (!data) return;
    greeted.add(shard);
    self = { application: data.application.id, user: data.user.id };
    memory.set('discord/self', JSON.stringify(self)).catch((error) => {
      logger.warn({ error }, 'the Discord application could not be kept');
    });
  });
  ws.on(GatewayDispatchEvents.InteractionCreate, options.onInteraction);
  ws.on(GatewayDispatchEvents.MessageCreate, options.onMessage);
  client.rest.on(RESTEvents.RateLimited, ({ majorParameter, retryAfter, global }) => {
    pace.limited(majorParameter, retryAfter);
    logger.debug({ retryAfter, global }, 'Discord limits the rate');
  });
  // Resumed by a new process, a shard is ready without discord.js noticing.
  client.on(Events.ShardResume, () => (ws as unknown as Inside).checkShardsReady());
  client.on(Events.ShardDisconnect, ({ code }, shard) => {
    logger.error({ code, shard }, 'Discord closed the gateway for good');
  });
  client.on(Events.ShardError, (error, shard) =>
    logger.warn({ error, shard }, 'the gateway connection failed'),
  );
  client.on(Events.Error, (error) => logger.warn({ error }, 'discord.js failed'));

  return {
    client,
    get ready() {
      const up = [Status.Ready, Status.WaitingForGuilds];
      return !closed && ws.shards.size > 0 && ws.shards.every(({ status }) => up.includes(status));
    },
    get closed() {
      return closed;
    },
    self: () => self,
    inGuild(guild) {
      const shard = Number((BigInt(guild) >> 22n) % BigInt(client.options.shardCount ?? 1));
      // A shard that was resumed by a new process has no list of guilds: Discord's word alone counts there.
      return !greeted.has(shard) || client.guilds.cache.has(guild);
    },

    async open() {
      self ??= ids.safeParse(JSON.parse((await memory.get('discord/self')) ?? 'null')).data;
      try {
        await client.login(token);
      } catch (error) {
        revive(client);
        if (!isRefusedToken(error)) throw tellable('connect to Discord', error);
        throw new UserError(
          'bad-option',
          "Cannot connect to Discord: found a token that Discord refuses, want the bot's own from the developer portal",
        );
      }
    },

    async close() {
      closed = true;
      await client.destroy();
    },
  };
}

/** A login that fails takes the client down for good; Kiln tries again, and closes what it then has. */
function revive({ ws, rest }: Client): void {
  (ws as unknown as Inside).destroyed = false;
  (rest as unknown as { setupSweepers(): void }).setupSweepers();
}

function isRefusedToken(error: unknown): boolean {
  return (
    (error instanceof DiscordAPIError && error.status === 401) ||
    (error as { code?: unknown }).code === 'TokenInvalid'
  );
}

/** Lets discord.js handle what Kiln does not, and no event bring the process down. */
function guard(ws: Inside, onError: (error: unknown, event: string) => void): void {
  const handle = ws.handlePacket.bind(ws);
  ws.handlePacket = (packet, shard) => {
    if (packet && own.has(packet.t)) return true;
    try {
      return handle(packet, shard);
    } catch (error) {
      onError(error, packet?.t ?? '');
      return false;
    }
  };
}
