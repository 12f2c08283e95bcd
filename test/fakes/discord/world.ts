import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type {
  APIEmoji,
  APIInteraction,
  APIMessage,
  ChannelType,
  InteractionType,
} from 'discord-api-types/v10';
import type { Bag } from './bag.js';
import { createIds } from './ids.js';

export interface Member {
  readonly id: string;
  readonly username: string;
  readonly bot: boolean;
  /** Held in every guild, by a role of the person's own. */
  readonly permissions: bigint;
  /** Names of roles, made in each guild where the person acts. */
  readonly roles: readonly string[];
  readonly locale: string;
  /** Whether strangers' direct messages arrive. */
  readonly dms: boolean;
  /** What Nitro lets attach, in bytes. */
  readonly fileLimit: number;
}

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly permissions: bigint;
}

export interface Guild {
  readonly id: string;
  readonly name: string;
  /** Whether the bot is a member. */
  bot: boolean;
  readonly fileLimit: number;
  readonly roles: Map<string, Role>;
  /** Ids of roles by the member's id. */
  readonly members: Map<string, string[]>;
  readonly emojis: APIEmoji[];
}

export interface Channel {
  readonly id: string;
  readonly type: ChannelType;
  readonly name: string;
  readonly guild?: Guild;
  readonly parent?: Channel;
  readonly nsfw: boolean;
  /** Those in a direct message or group, the bot left out. */
  readonly people: readonly Member[];
  /** Whether the bot takes part in the direct message. */
  readonly bot: boolean;
  /** Taken from the bot here. */
  readonly denied: bigint;
  gone: boolean;
  /** A thread that was put away: it takes no edits, and a post opens it again unless it is locked. */
  archived?: 'open' | 'locked';
  readonly messages: Map<string, Stored>;
  /** When messages older than an hour were edited. */
  readonly lateEdits: number[];
}

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly description?: string;
  readonly type?: string;
  readonly url: string;
  readonly width?: number;
  readonly height?: number;
}

/** Who is notified by a message, by its text and `allowed_mentions`, whatever the bot's permissions. */
export interface Pings {
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly everyone: boolean;
}

/** A message with all that happened to it. */
export interface Stored {
  json: APIMessage;
  readonly channel: Channel;
  readonly author: Member;
  files: readonly StoredFile[];
  /** An ephemeral message's only reader. */
  readonly reader?: string;
  readonly createdAt: number;
  deletedAt?: number;
  pings: Pings;
  readonly history: { readonly at: number; readonly json: APIMessage; readonly pings: Pings }[];
}

/** A form as the person sees it. */
export interface Modal {
  readonly title: string;
  readonly customId: string;
  readonly fields: readonly {
    readonly customId: string;
    readonly label: string;
    readonly value: string;
    readonly placeholder: string;
    readonly required: boolean;
    readonly least: number;
    readonly most: number;
    readonly long: boolean;
    /** Discord's number for the kind of component. */
    readonly type: number;
    /** The label component wraps it, rather than an action row. */
    readonly labelled: boolean;
  }[];
  /** What the form was opened from. */
  readonly from: Interaction;
}

/** Something that a person did which the bot has to answer. */
export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly type: InteractionType;
  readonly payload: APIInteraction;
  /** As `slash imagine by ada`. */
  readonly what: string;
  readonly channel: Channel;
  readonly person: Member;
  /** Monotonic milliseconds. */
  readonly sentAt: number;
  /** By the fake's clock: the token lives fifteen minutes of it. */
  readonly createdAt: number;
  readonly fileLimit: number;
  /** The bot is no member there: it came by way of a user install. */
  readonly external: boolean;
  /** Answers are for the person alone, whatever the bot says. */
  readonly hushed: boolean;
  /** The message whose component was used, also by a form that one opened. */
  readonly source?: Stored;
  /** When each delivery happened, and whether its connection is still open. */
  readonly deliveries: { readonly at: number; readonly open: () => boolean }[];
  readonly acknowledged: Promise<number>;
  /** A storm of the test's kept the answer away: lateness is no fault of the bot's. */
  excused?: boolean;
  /** The type of the callback that was accepted. */
  callback?: number;
  original?: Stored;
  readonly followups: Stored[];
  modal?: Modal;
  choices?: readonly { readonly name: string; readonly value: string | number; readonly raw: Bag }[];
  settle(outcome: number | Error): void;
}

/** One request that the bot made, and how it went. */
export interface Post {
  /** By the fake's clock. */
  readonly at: number;
  readonly method: string;
  /** Without /api/v10. */
  readonly path: string;
  readonly body: Bag;
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly status: number;
  /** Discord's error code, when refused. */
  readonly code?: number;
}

/** All that the fake knows; its parts are functions over it. */
export interface World {
  readonly url: () => string;
  readonly now: () => number;
  readonly id: () => string;
  readonly token: string;
  readonly secret: string;
  readonly bot: Member;
  readonly people: Map<string, Member>;
  readonly guilds: Map<string, Guild>;
  readonly channels: Map<string, Channel>;
  readonly files: Map<string, StoredFile>;
  /** By guild id; `''` holds the global ones. */
  readonly commands: Map<string, Map<string, Bag>>;
  /** By id. */
  readonly interactions: Map<string, Interaction>;
  readonly byToken: Map<string, Interaction>;
  /** The bot's replies, by the id of what they reply to. */
  readonly replies: Map<string, Stored[]>;
  readonly posts: Post[];
  readonly breaches: string[];
  readonly pings: (Pings & { readonly message: string; readonly channel: string })[];
  readonly fileLimit: number;
  /** Requests that have begun to arrive and are not answered yet. */
  inFlight: number;
  closed: boolean;
  /** Sends a gateway event; gives how many sessions are to have it. Set by the gateway. */
  dispatch: Dispatch;
  breach(what: string): void;
  /** Says that people may see something new. */
  changed(): void;
  readonly changes: EventEmitter;
}

export type Dispatch = (
  name: string,
  data: unknown,
  to: { readonly guild?: string; readonly intents?: number; readonly mentioned?: boolean },
) => number;

/** A Discord with a bot in it and nothing else. */
export function createWorld(
  options: Pick<World, 'now' | 'url' | 'fileLimit'> & { readonly token?: string; readonly botName: string },
): World {
  const id = createIds(options.now);
  const changes = new EventEmitter().setMaxListeners(0);
  const botId = id();
  const first = Buffer.from(botId).toString('base64url');
  const bot: Member = {
    id: botId,
    username: options.botName,
    bot: true,
    permissions: 0n,
    roles: [],
    locale: 'en-US',
    dms: true,
    fileLimit: options.fileLimit,
  };
  const world: World = {
    url: options.url,
    now: options.now,
    id,
    token: options.token ?? `${first}.Gfake0.${randomBytes(28).toString('base64url')}`,
    secret: randomBytes(16).toString('hex'),
    bot,
    people: new Map([[botId, bot]]),
    guilds: new Map(),
    channels: new Map(),
    files: new Map(),
    commands: new Map([['', new Map()]]),
    interactions: new Map(),
    byToken: new Map(),
    replies: new Map(),
    posts: [],
    breaches: [],
    pings: [],
    fileLimit: options.fileLimit,
    inFlight: 0,
    closed: false,
    dispatch: () => 0,
    breach(what) {
      world.breaches.push(what);
    },
    changed() {
      changes.emit('change');
    },
    changes,
  };
  return world;
}
