import type { View, World } from '../world.js';
import type { Attempt, Parcel, Retry, Transport } from './parcel.js';

/** How the app took one thing that Slack told it. */
export interface Delivered {
  /** Milliseconds until the first acknowledgement; undefined while there is none. */
  readonly acknowledged: number | undefined;
  /** The body of the first acknowledgement. */
  readonly response: unknown;
  readonly attempts: readonly Attempt[];
  /** The modal that the app opened for it, as soon as there is one. */
  readonly view: View | undefined;
  /** Resolves when there will be no further try. */
  readonly settled: Promise<void>;
}

export interface Sending {
  /** So many deliveries of the same, all at once, whatever the app answers. */
  times?: number;
  /** A failure is no breach. */
  mayFail?: boolean;
}

/** When Slack tells again what was not acknowledged: at once, after a minute, after five. */
const retryDelays = [0, 60_000, 300_000];

/** A handle that fills itself; `opened` is called with the modal. */
export function createDelivered() {
  const attempts: Attempt[] = [];
  let view: View | undefined;
  let settle = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const good = () => attempts.find(({ reason }) => reason === undefined);
  const handle: Delivered = {
    get acknowledged() {
      return good()?.ms;
    },
    get response() {
      return good()?.body;
    },
    attempts,
    get view() {
      return view;
    },
    settled,
  };
  return {
    handle,
    attempts,
    settle: () => settle(),
    opened(one: View) {
      view = one;
    },
  };
}

export type Filling = ReturnType<typeof createDelivered>;

/**
 * Tells the app one thing. Resolves after the first try and, for events, the retry that follows at once; later
 * retries go on behind, on the fake's clock.
 */
export async function deliver(
  world: World,
  transport: Transport,
  parcel: Parcel,
  filling: Filling,
  sending: Sending = {},
): Promise<void> {
  async function attempt(retry?: Retry): Promise<Attempt> {
    const one = await transport(parcel, retry);
    filling.attempts.push(one);
    if (one.reason !== undefined && !sending.mayFail) {
      const why = one.status === undefined ? one.reason : `HTTP ${one.status}`;
      world.breaches.add(
        'ack',
        `${parcel.about}: not acknowledged within 3 s (${why} after ${Math.round(one.ms)} ms)`,
      );
    }
    world.changed();
    return one;
  }

  function later(num: number, reason: string): void {
    const delay = retryDelays[num - 1];
    if (delay === undefined) {
      filling.settle();
      return;
    }
    world.after(delay, async () => {
      const one = await attempt({ num, reason });
      if (one.reason === undefined || one.noRetry) filling.settle();
      else later(num + 1, one.reason);
    });
  }

  if (sending.times !== undefined && sending.times > 1) {
    const reason = 'http_timeout';
    const all = Array.from({ length: sending.times }, (_, n) =>
      attempt(n === 0 ? undefined : { num: n, reason }),
    );
    await Promise.all(all);
    return filling.settle();
  }
  const first = await attempt();
  if (first.reason === undefined || first.noRetry || parcel.kind !== 'events_api') return filling.settle();
  const second = await attempt({ num: 1, reason: first.reason });
  if (second.reason === undefined || second.noRetry) return filling.settle();
  later(2, second.reason);
}
