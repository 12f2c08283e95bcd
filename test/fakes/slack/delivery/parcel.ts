import type { Wire } from '../wire.js';

/** One thing that Slack tells the app. */
export interface Parcel {
  readonly kind: 'events_api' | 'slash_commands' | 'interactive';
  /** What it is about, for breaches: 'app_mention', '/imagine', 'block_actions' … */
  readonly about: string;
  readonly payload: Wire;
  /** Whether the acknowledgement may carry an answer. */
  readonly takesAnswer: boolean;
}

export interface Retry {
  readonly num: number;
  readonly reason: string;
}

/** What came of one try to deliver. */
export interface Attempt {
  readonly retry: Retry | undefined;
  /** Milliseconds until the answer, or until the try was given up. */
  readonly ms: number;
  /** The HTTP status, or 200 for an acknowledged envelope; undefined without an answer. */
  readonly status: number | undefined;
  /** The answer's body: JSON where it is JSON, else text. */
  readonly body: unknown;
  /** Why it failed, in Slack's words; undefined where the app acknowledged. */
  readonly reason: string | undefined;
  /** The app asked not to be told again. */
  readonly noRetry: boolean;
}

/** Tries once. */
export type Transport = (parcel: Parcel, retry?: Retry) => Promise<Attempt>;

/** Slack waits so long for an acknowledgement. */
export const ackMilliseconds = 3000;
