import type { AdapterTools } from '../tools.js';
import type { View } from './view.js';

/** What somebody did to be answered, as its bubble shows it. */
export interface Asked {
  readonly text: string;
  /** A button rather than words. */
  readonly pressed?: boolean;
  /** Where the picture is that came along. */
  readonly picture?: string;
  /** Where those are that came with it: a mask, a ControlNet's. */
  readonly more?: readonly string[];
}

/** One answer in the room, with what it answers. */
export interface Message {
  readonly id: string;
  /** Place in the room; later ones are lower. */
  readonly order: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
  readonly asked?: Asked;
  readonly private: boolean;
  /** Nothing more is expected for it. */
  readonly ended: boolean;
  /** Left out while Kiln has only said that it heard. */
  readonly view?: View;
}

/** A message as it is now, or that it is gone, after the numbered change. */
export type Change = { readonly number: number } & (
  | { readonly message: Message; readonly gone?: undefined }
  | { readonly gone: string; readonly message?: undefined }
);

export interface MessagesOptions extends Pick<AdapterTools, 'clock' | 'memory' | 'logger'> {
  /** Told of storage keys that no message shows any more. */
  onDropped(keys: readonly string[]): void;
}

/** The room's messages: bounded, numbered by change so that a page can catch up, kept over a restart. */
export interface Messages {
  load(): Promise<void>;
  get(id: string): Message | undefined;
  /** Whether it was there and was deleted. */
  wasRemoved(id: string): boolean;
  /** Makes the message, or changes what is given of it. */
  put(id: string, change: Partial<Omit<Message, 'id' | 'order' | 'at'>>): Message;
  remove(id: string): void;
  /** Drops what ended before then. */
  purge(before: number): void;
  /** Resolves when all changes until now are kept. */
  saved(): Promise<void>;
  /** Changes after that number, oldest first; all messages, `fresh`, when it is too long ago to tell, or not given. */
  since(number?: number): {
    readonly fresh: boolean;
    readonly changes: readonly Change[];
    /** The number to ask from next. */
    readonly upTo: number;
  };
  readonly all: readonly Message[];
  /** Calls back after each change; gives what ends that. */
  watch(listener: () => void): () => void;
}

const name = 'playground/messages';
/** Of those that ended, and of all. */
const most = 60;
const mostInAll = 600;
const mostRemoved = 500;
const stopped = 'Kiln was stopped before it could answer this. Ask again.';

/**
 * @example const messages = createMessages({ clock, memory, logger, onDropped: () => {} });
 */
export function createMessages({ clock, memory, logger, onDropped }: MessagesOptions): Messages {
  const messages = new Map<string, Message>();
  /** Each message's or removal's last change, oldest first. */
  const changes = new Map<string, Change>();
  const removed = new Set<string>();
  const listeners = new Set<() => void>();
  let number = 0;
  /** Up to this change, removals have been forgotten. */
  let forgotten = 0;
  let orders = 0;
  let saving: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let latest: Promise<void> = Promise.resolve();

  function note(id: string, change: { message: Message } | { gone: string }): void {
    changes.delete(id);
    changes.set(id, { number: ++number, ...change });
    for (const listener of listeners) listener();
  }

  function put(id: string, change: Partial<Omit<Message, 'id' | 'order' | 'at'>>): Message {
    const before = messages.get(id);
    const made = { id, order: orders, at: clock.now(), by: 'you', private: false, ended: false };
    const message: Message = { ...(before ?? made), ...change };
    if (!before) orders += 1;
    messages.set(id, message);
    note(id, { message });
    dropUnused(keysOf(before));
    trim();
    // What a drawing looks like half-way is not worth the disk.
    if (!message.view?.progress) keep();
    return message;
  }

  function drop(id: string): void {
    const before = messages.get(id);
    if (!before) return;
    messages.delete(id);
    note(id, { gone: id });
    dropUnused(keysOf(before));
    const gone = [...changes].filter(([, change]) => change.gone !== undefined);
    for (const [old, change] of gone.slice(0, -mostRemoved)) {
      changes.delete(old);
      forgotten = change.number;
    }
  }

  /** Those that ended go by when they did: what waited for hours is seen before it goes. */
  function trim(): void {
    const ended = [...changes.values()].flatMap(({ message }) => (message?.ended ? [message.id] : []));
    for (const id of ended.slice(0, Math.max(ended.length - most, 0))) drop(id);
    for (const id of [...messages.keys()].slice(0, Math.max(messages.size - mostInAll, 0))) drop(id);
  }

  function dropUnused(keys: readonly string[]): void {
    if (keys.length === 0) return;
    const used = new Set([...messages.values()].flatMap(keysOf));
    const unused = keys.filter((key) => !used.has(key));
    if (unused.length > 0) onDropped(unused);
  }

  function keep(): void {
    latest = save();
    latest.catch((error) => logger.warn({ error }, 'the playground could not keep its messages'));
  }

  /** Writes at most twice for any number of changes: the one under way, and one with all that came since. */
  function save(): Promise<void> {
    if (!saving) return (saving = write());
    return (next ??= saving
      .catch(() => {})
      .then(() => {
        next = undefined;
        return (saving = write());
      }));
  }

  async function write(): Promise<void> {
    try {
      const kept = [...messages.values()].map((message) =>
        message.view?.progress ? { ...message, view: { ...message.view, progress: undefined } } : message,
      );
      await memory.set(name, JSON.stringify({ messages: kept, removed: [...removed].slice(-mostRemoved) }));
    } finally {
      if (!next) saving = undefined;
    }
  }

  return {
    async load() {
      const text = await memory.get(name);
      if (!text) return;
      const kept = JSON.parse(text) as { messages: Message[]; removed: string[] };
      for (const id of kept.removed) removed.add(id);
      for (const message of kept.messages) {
        const answered = message.view ? message : { ...message, view: { text: [stopped] }, ended: true };
        messages.set(message.id, answered);
        orders = Math.max(orders, message.order + 1);
        note(message.id, { message: answered });
      }
    },
    get: (id) => messages.get(id),
    wasRemoved: (id) => removed.has(id),
    put,
    remove(id) {
      removed.add(id);
      for (const old of [...removed].slice(0, Math.max(removed.size - mostRemoved, 0))) removed.delete(old);
      drop(id);
      keep();
    },
    purge(before) {
      const old = [...messages.values()].filter(({ ended, at }) => ended && at < before);
      for (const { id } of old) drop(id);
      if (old.length > 0) keep();
    },
    saved: () => latest,
    since(from) {
      const fresh = from === undefined || from < forgotten || from > number;
      const wanted = (change: Change) => (fresh ? change.message !== undefined : change.number > from);
      return { fresh, changes: [...changes.values()].filter(wanted), upTo: number };
    },
    get all() {
      return [...messages.values()];
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Storage keys of the pictures that a message shows. */
export function keysOf(message: Message | undefined): readonly string[] {
  if (!message) return [];
  const { asked, view } = message;
  const places = [
    asked?.picture,
    ...(asked?.more ?? []),
    ...(view?.pictures ?? []).map(({ src }) => src),
    ...(view?.items ?? []).map(({ picture }) => picture?.src),
  ];
  return places.filter((src) => src !== undefined).map((src) => src.replace(/^\/pictures\//, ''));
}
