import type { WebSocket } from 'ws';

/** One IDENTIFY and what has been sent since, so that it can be resumed. */
export interface Session {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
  socket: WebSocket;
  sequence: number;
  readonly events: { readonly s: number; readonly t: string; readonly d: unknown }[];
}

const kept = 10_000;

/** A session's next event; it is kept for a resume. */
export function nextEvent(session: Session, t: string, d: unknown): Session['events'][number] {
  session.sequence += 1;
  const event = { s: session.sequence, t, d };
  session.events.push(event);
  if (session.events.length > kept) session.events.shift();
  return event;
}

/** Which shard of so many hears of a guild. Direct messages, which have none, go to the first. */
export function shardOf(guild: string | undefined, count: number): number {
  return guild === undefined ? 0 : Number((BigInt(guild) >> 22n) % BigInt(count));
}
