import { type Clock, sleep } from '../../clock.js';

/** When a channel takes another message. */
export interface Posts {
  /** Takes a turn there is now; false when the channel has a line. */
  tryTurn(channel: string): boolean;
  /** Resolves when it is one's turn. */
  turn(channel: string): Promise<void>;
  /** Slack said to wait. */
  refused(channel: string, milliseconds: number): void;
}

const spacing = 1000;
const burst = 3;
const mostChannels = 5000;

/**
 * Slack takes about one message a second in a channel, and a few more now and then.
 *
 * @example await createPosts(clock).turn('T0FOX/C0ART')
 */
export function createPosts(clock: Clock): Posts {
  /** When each channel would be quite rested. */
  const rested = new Map<string, number>();

  function startOf(channel: string): number {
    return Math.max(clock.now(), (rested.get(channel) ?? 0) - (burst - 1) * spacing);
  }

  function take(channel: string): void {
    const next = Math.max(rested.get(channel) ?? 0, clock.now()) + spacing;
    rested.delete(channel);
    rested.set(channel, next);
    if (rested.size > mostChannels) rested.delete(rested.keys().next().value!);
  }

  return {
    tryTurn(channel) {
      if (startOf(channel) > clock.now()) return false;
      take(channel);
      return true;
    },
    async turn(channel) {
      const wait = startOf(channel) - clock.now();
      take(channel);
      if (wait > 0) await sleep(clock, wait);
    },
    refused(channel, milliseconds) {
      const until = clock.now() + milliseconds + (burst - 1) * spacing;
      rested.set(channel, Math.max(rested.get(channel) ?? 0, until));
    },
  };
}
