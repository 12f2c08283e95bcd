import type { RecordedCall } from './api.js';
import type { Breach } from './breaches.js';
import type { Delivered, Sending } from './delivery/deliver.js';
import type { Forgery } from './delivery/http.js';
import type { Attempt, Parcel } from './delivery/parcel.js';
import type { Person } from './people/person.js';
import type { Seen } from './seen.js';
import type { Storm } from './storms.js';
import type { Wire } from './wire.js';
import type { Channel, StoredFile, Team, View } from './world.js';

export interface FakeSlackOptions {
  /**
   * The time by which people wait: message times, rate windows, the half hour of a response_url, later retries.
   * What passes between machines (acknowledgements, triggers, files being processed, signatures) goes by the
   * machine's own clock.
   */
  now?: () => number;
  /** Calls back after that many milliseconds of `now`'s time. */
  after?: (milliseconds: number, work: () => void) => () => void;
  /** Where the app listens, `http://127.0.0.1:PORT/slack/events`; left out, Socket Mode is used. */
  eventsUrl?: string;
  /** How long a completed file takes to be usable; 100 ms by default. */
  fileDelay?: number;
  /** How long a trigger is good; 3000 ms by default. */
  triggerMilliseconds?: number;
  /** Other numbers of calls a minute by method, `Infinity` for no limit; for chat.postMessage by channel. */
  limits?: Readonly<Record<string, number>>;
  /** The scopes that the app holds; left out, none is asked for. */
  scopes?: readonly string[];
  /** Bot tokens live twelve hours and come with refresh tokens. */
  rotateTokens?: boolean;
}

export interface FakeSlack {
  /** For `slackApiUrl`; ends in `/api/`. */
  readonly apiUrl: string;
  /** `http://127.0.0.1:PORT`, where files are too. */
  readonly host: string;
  /** The consent page, for `authorizationUrl`. */
  readonly authorizationUrl: string;
  readonly appId: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the app listens over HTTP; undefined for Socket Mode. Can be set at any time. */
  eventsUrl: string | undefined;

  /** The workspace that everything is in unless told otherwise. */
  readonly home: Team;
  /** Another workspace, where the app is not installed unless told so. */
  team(options?: { name?: string; installed?: boolean }): Team;
  /** A channel with the bot in it unless told otherwise; with `im`, the DM of that person. */
  channel(options?: { name?: string; private?: boolean; bot?: boolean; im?: Person; team?: Team }): Channel;
  user(options?: { name?: string; admin?: boolean; owner?: boolean; team?: Team }): Person;

  /** The messages that stand in a channel, ephemeral ones too, oldest first; with `deleted`, all there ever were. */
  messages(channel: Channel, options?: { deleted?: boolean }): Seen[];
  /** What a person's Home tab shows. */
  homeTab(person: Person): View | undefined;
  /** The modals that a person has open, the topmost last. */
  modals(person: Person): View[];
  /** Every file, with its bytes. */
  readonly files: StoredFile[];
  readonly calls: readonly RecordedCall[];
  readonly breaches: readonly Breach[];
  readonly tolerated: readonly Breach[];
  assertNoBreach(): void;
  /** Breaches of the rule ('ack' …) do not count until the function that it gives is called. */
  tolerate(rule: string): () => void;

  /** Bad weather for calls of the app. */
  storm(storm: Storm): void;
  calm(): void;
  /** Holds back every answer by so many milliseconds. */
  slow(milliseconds: number): void;
  /** Cuts the Socket Mode connections; with `refresh`, asks for new ones as Slack does. */
  dropSocket(options?: { refresh?: boolean }): void;
  /** How many Socket Mode connections are open. */
  readonly sockets: number;

  /** What the consent page does with the address it was opened with: the address to go to next. */
  approve(url: string, choice?: { team?: Team; user?: Person; deny?: boolean }): string;
  /** Puts the app into a workspace without the consent page. */
  install(team: Team): string;
  /** The bot token counts no more (`token_revoked`), and the app is told. */
  revoke(team?: Team): Promise<Delivered>;
  /** The app is removed (`account_inactive`), and told. */
  uninstall(team?: Team): Promise<Delivered>;
  /** Sends any event. */
  event(event: Wire, options?: Sending & { team?: Team }): Promise<Delivered>;
  /** What the app was told, oldest first. */
  readonly told: readonly Parcel[];
  /** Tells the app any parcel once, by whatever way it listens, and counts nothing as a breach. */
  tell(parcel: Parcel): Promise<Attempt>;
  /** A new response_url for what that one is for. */
  renew(responseUrl: string): string;
  /** Sends any words over a Socket Mode connection. */
  whisper(words: string): void;
  /** Posts any parcel to `eventsUrl` once, signed wrongly where asked, and counts nothing as a breach. */
  forge(parcel: Parcel, forgery?: Forgery): Promise<Attempt>;

  /**
   * Waits until the check gives something, looking again whenever anything changes.
   *
   * @throws what was waited for, after `milliseconds` of the machine's clock (10 s by default).
   */
  until<T>(check: () => T | undefined | false | null, what?: string, milliseconds?: number): Promise<T>;
  close(): Promise<void>;
}
