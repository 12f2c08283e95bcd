import type { Breaches } from './breaches.js';
import { createBreaches } from './breaches.js';
import type { Ping } from './pings.js';
import type { Wire } from './wire.js';

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly botUser: string;
  readonly botId: string;
  /** The token of the newest installation, or undefined where the app is not installed. */
  botToken: string | undefined;
}

export interface Token {
  readonly value: string;
  readonly kind: 'bot' | 'app' | 'refresh';
  readonly team: string;
  /** The error that it is refused with, once it no longer counts. */
  refused: 'token_revoked' | 'account_inactive' | undefined;
  readonly expiresAt?: number;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  readonly kind: 'public' | 'private' | 'im';
  /** In a DM with the bot, the other side. */
  readonly person?: string;
  /** Whether the bot is a member. */
  bot: boolean;
  archived: boolean;
}

export interface PersonRecord {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  admin: boolean;
  owner: boolean;
}

export interface StoredFile {
  readonly id: string;
  readonly team: string;
  readonly name: string;
  title: string;
  alt: string;
  readonly user: string;
  readonly length: number;
  bytes: Buffer | undefined;
  /** When it was completed, on the machine's clock; undefined before. */
  completedAt: number | undefined;
  deleted: boolean;
  readonly shares: { channel: string; ts: string }[];
}

/** One version of a message's content. */
export interface Version {
  readonly at: number;
  readonly text: string;
  readonly blocks: Wire[];
}

export interface Message {
  readonly ts: string;
  readonly channel: string;
  readonly team: string;
  /** The `ts` of the thread's first message, for replies. */
  readonly thread: string | undefined;
  readonly user: string;
  readonly bot: boolean;
  text: string;
  blocks: Wire[];
  metadata: Wire | undefined;
  files: StoredFile[];
  readonly arguments: Wire;
  /** All versions, oldest first, the current one last. */
  readonly versions: Version[];
  /** Whom any version of it mentions; Slack itself notifies for the first only. */
  pings: Ping[];
  deleted: boolean;
  /** The only person who sees it, where it is ephemeral. */
  readonly ephemeralTo: string | undefined;
  readonly reactions: string[];
}

export interface View {
  readonly id: string;
  readonly team: string;
  readonly user: string;
  /** What the app sent, with a block_id and action_id everywhere. */
  content: Wire;
  hash: string;
  readonly root: string;
  readonly previous: string | undefined;
  open: boolean;
  /** What the person has been told by `response_action: errors`, by block_id. */
  errors: Record<string, string>;
}

export interface Timekeeper {
  now(): number;
  after(milliseconds: number, work: () => void): () => void;
}

/** Everything that the fake knows. */
export interface World extends Timekeeper {
  readonly appId: string;
  readonly signingSecret: string;
  readonly appToken: string;
  /** `http://127.0.0.1:PORT`, set once the server listens. */
  host: string;
  readonly teams: Map<string, Team>;
  readonly tokens: Map<string, Token>;
  readonly channels: Map<string, Channel>;
  readonly people: Map<string, PersonRecord>;
  readonly messages: Map<string, Message[]>;
  readonly files: Map<string, StoredFile>;
  readonly views: Map<string, View>;
  readonly breaches: Breaches;
  /** How long a completed file takes to be usable, in milliseconds of the machine's clock. */
  fileDelay: number;
  id(prefix: string): string;
  /** A message timestamp, never the same twice, always later than the one before. */
  ts(): string;
  /** Called by the world's parts after every change, so that those who wait look again. */
  changed(): void;
  readonly watchers: Set<() => void>;
}

/** An empty Slack. */
export function createWorld(
  time: Timekeeper,
  fixed: Pick<World, 'appId' | 'signingSecret' | 'appToken' | 'fileDelay'>,
): World {
  let ids = 0;
  let lastMicros = 0;
  const watchers = new Set<() => void>();
  return {
    ...fixed,
    now: () => time.now(),
    after: (milliseconds, work) => time.after(milliseconds, work),
    host: '',
    teams: new Map(),
    tokens: new Map(),
    channels: new Map(),
    people: new Map(),
    messages: new Map(),
    files: new Map(),
    views: new Map(),
    breaches: createBreaches(),
    id(prefix) {
      ids += 1;
      return `${prefix}0${(ids * 7919 + 60466176).toString(36).toUpperCase().padStart(9, '0')}`;
    },
    ts() {
      lastMicros = Math.max(lastMicros + 1, Math.round(time.now() * 1000));
      return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
    },
    changed() {
      for (const watcher of [...watchers]) watcher();
    },
    watchers,
  };
}
