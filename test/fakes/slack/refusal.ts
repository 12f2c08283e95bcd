import type { Wire } from './wire.js';

/** What a Web API method throws to answer `{ok: false, error}`. */
export interface Refusal {
  readonly refusal: true;
  readonly error: string;
  readonly extra: Wire;
  /** The rule that the app broke by calling so, if that alone is a breach. */
  readonly breach: string | undefined;
}

/**
 * Ends a Web API call with an error of Slack's.
 *
 * @param breach What the app did wrong, where it had no excuse.
 * @example refuse('channel_not_found');
 */
export function refuse(error: string, breach?: string, extra: Wire = {}): never {
  throw { refusal: true, error, extra, breach } satisfies Refusal;
}
