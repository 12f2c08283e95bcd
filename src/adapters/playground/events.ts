import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Clock } from '../../clock.js';
import type { Message, Messages } from './messages.js';

export interface EventsOptions {
  readonly messages: Messages;
  readonly clock: Clock;
  /** Of this process: numbers of changes start anew with the next. */
  readonly epoch: string;
  readonly version: string;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** Sends a comment this often, so that nothing between takes the connection for dead. */
const heartbeat = 20_000;

/**
 * Answers with the room as server-sent events: `hello`, then a `message` for each message as it is, and `gone`. Each has
 * an id that a page comes back with to be sent only what changed since. A page that reads slowly misses steps between,
 * never the last.
 *
 * @example app.get('/events', (c) => sendEvents(c, c.get('person').name, options));
 */
export function sendEvents(c: Context, name: string, options: EventsOptions): Response {
  const { messages, clock, epoch, version, signal } = options;
  const [, theirs, number] = /^([\w-]+)\.(\d{1,15})$/.exec(c.req.header('last-event-id') ?? '') ?? [];
  const mayRead = (message: Message | undefined) => !message?.private || message.by === name;

  return streamSSE(c, async (stream) => {
    const pulse = createPulse();
    const unwatch = messages.watch(pulse.beat);
    stream.onAbort(pulse.beat);
    signal.addEventListener('abort', pulse.beat, { once: true });

    let sent = theirs === epoch ? Number(number) : undefined;
    let greeted = false;
    while (!stream.aborted && !signal.aborted) {
      const { fresh, changes, upTo } = messages.since(sent);
      if (fresh || !greeted) {
        const data = JSON.stringify({ version, name, fresh });
        await stream.writeSSE({ event: 'hello', data, ...(fresh && { id: `${epoch}.0` }), retry: 1000 });
        greeted = true;
      }
      for (const change of changes) {
        if (!mayRead(change.message)) continue;
        const { message, gone } = change;
        await stream.writeSSE({
          event: message ? 'message' : 'gone',
          data: JSON.stringify(message ?? { id: gone }),
          id: `${epoch}.${change.number}`,
        });
      }
      sent = upTo;
      await pulse.next(clock, () => stream.write(': still here\n\n'));
    }
    unwatch();
    signal.removeEventListener('abort', pulse.beat);
  });
}

/** Waits for beats, none of which is missed between two waits. */
function createPulse() {
  let due = false;
  let wake: (() => void) | undefined;
  return {
    beat() {
      due = true;
      wake?.();
    },
    /** Resolves at the next beat, or at once after one that nobody waited for; calls `idle` when it takes long. */
    async next(clock: Clock, idle: () => Promise<unknown>): Promise<void> {
      while (!due) {
        const beaten = await new Promise<boolean>((resolve) => {
          const callOff = clock.after(heartbeat, () => resolve(false));
          wake = () => {
            callOff();
            resolve(true);
          };
        });
        wake = undefined;
        if (!beaten && !due) await idle();
      }
      due = false;
    },
  };
}
