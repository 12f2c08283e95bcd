/** The words of a conversation: who asks for what, where, and what is shown to them. */

export type Platform = 'discord' | 'slack' | 'playground';

export interface Person {
  /** Unique over all platforms: `discord:ID`, `slack:TEAM/ID`, `playground:NAME`. */
  readonly key: string;
  /** The platform's own id, to mention them with. */
  readonly id: string;
  readonly name: string;
  /** May see stats and change settings and styles: by the platform's permission, or listed in KILN_ADMINS. */
  readonly admin: boolean;
  /** May cancel and delete what others asked for. */
  readonly moderator: boolean;
  /** Ids of roles (Discord) or user groups. */
  readonly roles: readonly string[];
  /** May add an emoji to this server. */
  readonly makesEmoji: boolean;
}

/** Where something was asked. */
export interface Place {
  readonly platform: Platform;
  /** Guild or workspace; left out in a DM on Discord. */
  readonly server?: string;
  readonly channel: string;
  /** Within the channel: Slack's thread timestamp, or the id of Discord's thread. What holds in a channel holds there. */
  readonly thread?: string;
  readonly direct: boolean;
  /** The channel is marked as age-restricted. */
  readonly ageRestricted: boolean;
  /** Whether Kiln can post here with its own token; without, an interaction's token is all there is. */
  readonly member: boolean;
}

/**
 * How an adapter finds the message that a reply is, or will be: plain JSON, kept in the log, understood by that
 * adapter alone. It works after a restart.
 */
export interface Target {
  readonly platform: Platform;
  readonly [field: string]: string | number | boolean | null | undefined;
}

/** A picture that somebody attached, fetched only when it is needed, and only from the platform's own hosts. */
export interface Attachment {
  readonly url: string;
  readonly name: string;
  readonly bytes?: number;
}

/** One thing that a person asks. */
export interface Request {
  /** Unique for what happened on the platform: the same event delivered again has the same key. */
  readonly key: string;
  /** A command's name. */
  readonly command: string;
  /** As they came in; dispatch checks them against the command's schema. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly person: Person;
  readonly place: Place;
  readonly target: Target;
  /** The job of the message that was pressed or chosen: people see it there, wherever it was asked for. */
  readonly shown?: string;
  /** Longest the answer may take before it can no longer be shown, in milliseconds from now; no limit when left out. */
  readonly patience?: number;
}

/**
 * Words to show, piece by piece. Plain strings are shown as they are: each adapter escapes what would be markup or a
 * mention there, so that a prompt can smuggle nothing in.
 */
export type Text = readonly Piece[];
export type Piece =
  | string
  | { readonly bold: string }
  | { readonly code: string }
  /** Notifies this person; the id is the platform's own. */
  | { readonly mention: string };

/** A file to show or hand over. */
export interface Shown {
  /** As `kiln-4k2j9d-1.png`. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly type:
    | 'image/png'
    | 'image/webp'
    | 'image/jpeg'
    | 'text/csv'
    | 'application/json'
    | 'application/zip';
  /** What a screen reader says; for pictures. */
  readonly alt?: string;
  readonly width?: number;
  readonly height?: number;
  /** Smaller forms of the same picture, largest first, for where the file is too large. */
  readonly fallbacks?: readonly Pick<Shown, 'name' | 'bytes' | 'type'>[];
}

export interface Button {
  /** The command that a press runs. */
  readonly command: string;
  /** Its job, and which of its pictures, counted from 1. */
  readonly job: string;
  readonly index?: number;
  readonly label: string;
  readonly emoji?: string;
  readonly style?: 'danger' | 'primary';
}

/** One row of a list: a job of a history, a model. */
export interface Item {
  readonly title: Text;
  readonly body?: Text;
  readonly picture?: Shown;
  readonly buttons?: readonly Button[];
}

/** What is shown; shown again it replaces what was there. */
export interface Reply {
  readonly text: Text;
  /** Only the asker sees it, where the platform can. */
  readonly private?: boolean;
  readonly items?: readonly Item[];
  readonly pictures?: readonly Shown[];
  /** Handed over rather than shown. */
  readonly files?: readonly Shown[];
  /** Rows of at most five. */
  readonly buttons?: readonly (readonly Button[])[];
  /** A drawing under way. */
  readonly progress?: { readonly step: number; readonly steps: number; readonly preview?: Shown };
}

export interface Field {
  /** The option of the command that it fills. */
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly long?: boolean;
  readonly required?: boolean;
  readonly most?: number;
}

/** Asks for more; filled in, it is a request for `command`. */
export interface Form {
  readonly title: string;
  readonly command: string;
  /** The job and picture it is about, carried along as the options `job` and `index`. */
  readonly job?: string;
  readonly index?: number;
  readonly fields: readonly Field[];
}

/** What a command answers with. The first call acknowledges; an adapter has three seconds for it. */
export interface Responder {
  /**
   * Says that the request has arrived. Gives the target with what is now known of the message; a later `show` fills it.
   *
   * @param how.private only the asker sees what follows
   */
  acknowledge(how: { readonly private: boolean }): Promise<Target>;
  /** Shows the answer; again, and it replaces the first. */
  show(reply: Reply): Promise<void>;
  /** Opens a form instead of an answer. */
  open(form: Form): Promise<void>;
  /** Acknowledges a press by deleting the message that was pressed; left out where there is none, or no way. */
  takeAway?(): Promise<void>;
}

/** What adapters are handed. Never rejects. */
export type Handle = (request: Request, responder: Responder) => Promise<void>;

/**
 * How sure a reply has to arrive: progress may be dropped or merged with what follows, a final one never, and it does
 * not wait for progress that waits for its turn.
 */
export type Weight = 'progress' | 'final';

/** One platform's rooms, as the rest of Kiln uses them. */
export interface Adapter {
  readonly platform: Platform;
  /** Connects, and hands over what people ask from then on. */
  start(): Promise<void>;
  /** Takes no more, finishes what it is sending. */
  stop(): Promise<void>;
  /** Whether people can reach it now, for /readyz. */
  readonly ready: boolean;
  /**
   * Shows `reply` as the one message of `target`: makes the message where there is none yet, else changes it. The same
   * reply shown twice is seen once, even where the process died in between.
   *
   * @param key unique for the job, to recognise its message with
   * @returns the target from now on
   * @throws UserError `message-gone` when the message or its channel was deleted or closed to Kiln, `no-room` when no
   *   way is left to answer there; anything else may be tried again
   */
  show(target: Target, reply: Reply, how: { readonly weight: Weight; readonly key: string }): Promise<Target>;
  /** Deletes the message; one that is gone already is no error. */
  remove(target: Target): Promise<void>;
  /**
   * Deletes what the adapter itself keeps of a person, before their rows go; left out where messages are kept by the
   * platform.
   */
  forget?(person: Pick<Person, 'key'>): Promise<void>;
  /**
   * Fetches a picture that was attached there, from the platform's hosts only.
   *
   * @throws UserError `bad-image`
   */
  fetch(attachment: Attachment, target: Target): Promise<Uint8Array>;
  /** Adds an emoji to the server; left out where the platform has no way for bots. Gives its name as typed there. */
  createEmoji?(place: Place, name: string, png: Buffer): Promise<string>;
  /** Deletes what the adapter itself has kept since before then. */
  purge?(before: number): void;
  /** Posts a message of its own, as a report to the admins' channel. */
  post?(place: Place, reply: Reply, key: string): Promise<void>;
}
