import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { World } from '../world.js';
import { type Attempt, ackMilliseconds, type Parcel, type Retry } from './parcel.js';

const pingMilliseconds = 10_000;
const mostSockets = 10;

export interface Sockets {
  /** How many connections are open. */
  count(): number;
  /** The address for one new connection. */
  address(): string;
  /** Delivers over one of the connections, each in turn. */
  send(parcel: Parcel, retry?: Retry): Promise<Attempt>;
  /** Sends any words over one of the connections. */
  whisper(words: string): void;
  /** Cuts all connections, or with `refresh` asks the app to make new ones, as Slack does every few hours. */
  drop(refresh: boolean): void;
  close(): void;
}

interface Waiting {
  parcel: Parcel;
  settle(rest: Partial<Attempt>): void;
  socket: WebSocket;
}

/** Socket Mode's side of Slack, on the same port as the Web API. */
export function startSockets(world: World, server: Server): Sockets {
  const listener = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const open: WebSocket[] = [];
  const waiting = new Map<string, Waiting>();
  const settled = new Set<string>();
  const expired = new Set<string>();
  let turn = 0;

  server.on('upgrade', (request, socket, head) => {
    const ticket = new URL(request.url ?? '/', world.host).searchParams.get('ticket') ?? '';
    if (!tickets.delete(ticket)) {
      world.breaches.add('socket', 'a connection with an address that was used or never given');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    listener.handleUpgrade(request, socket, head, greet);
  });

  function greet(socket: WebSocket) {
    const debug_info = { host: 'applink-1', build_number: 1, approximate_connection_time: 18_060 };
    if (open.length >= mostSockets) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets', debug_info }));
      socket.close();
      return;
    }
    open.push(socket);
    const pings = setInterval(() => socket.ping(), pingMilliseconds);
    pings.unref();
    socket.on('message', (data) => receive(`${data}`));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearInterval(pings);
      leave(socket);
      for (const [id, one] of waiting) {
        if (one.socket !== socket) continue;
        waiting.delete(id);
        one.settle({ reason: 'connection_failed' });
      }
      world.changed();
    });
    const connection_info = { app_id: world.appId };
    socket.send(JSON.stringify({ type: 'hello', num_connections: open.length, debug_info, connection_info }));
    world.changed();
  }

  function leave(socket: WebSocket) {
    const at = open.indexOf(socket);
    if (at >= 0) open.splice(at, 1);
  }

  function receive(data: string) {
    let said: { envelope_id?: string; payload?: Record<string, unknown> };
    try {
      said = JSON.parse(data);
    } catch {
      world.breaches.add('socket', 'a message that is not JSON');
      return;
    }
    const id = asText(said?.envelope_id);
    const one = waiting.get(id);
    if (!one) {
      // One that comes too late has been noted when its time was up.
      if (expired.has(id)) return;
      world.breaches.add(
        'socket',
        settled.has(id) ? `envelope ${id} acknowledged twice` : `unknown envelope ${id}`,
      );
      return;
    }
    waiting.delete(id);
    settled.add(id);
    const answer = said.payload && Object.keys(said.payload).length > 0 ? said.payload : '';
    if (answer !== '' && !one.parcel.takesAnswer) {
      world.breaches.add('socket', `${one.parcel.about}: acknowledged with a payload, which is not accepted`);
    }
    one.settle({ status: 200, body: answer });
  }

  return {
    count: () => open.length,
    address() {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${world.host.replace('http:', 'ws:')}/link/?ticket=${ticket}&app_id=${world.appId}`;
    },
    send(parcel, retry) {
      const began = performance.now();
      return new Promise((resolve) => {
        const settle = (rest: Partial<Attempt>) =>
          resolve({
            retry,
            ms: performance.now() - began,
            status: undefined,
            body: undefined,
            reason: undefined,
            noRetry: false,
            ...rest,
          });
        const socket = open[turn % Math.max(1, open.length)];
        turn += 1;
        if (!socket) return settle({ reason: 'connection_failed' });
        const envelope_id = randomUUID();
        const timer = setTimeout(() => {
          waiting.delete(envelope_id);
          expired.add(envelope_id);
          settle({ reason: 'timeout' });
        }, ackMilliseconds);
        waiting.set(envelope_id, {
          parcel,
          socket,
          settle(rest) {
            clearTimeout(timer);
            settle(rest);
          },
        });
        socket.send(
          JSON.stringify({
            envelope_id,
            type: parcel.kind,
            payload: parcel.payload,
            accepts_response_payload: parcel.takesAnswer,
            ...(parcel.kind === 'events_api' && {
              retry_attempt: retry?.num ?? 0,
              retry_reason: retry?.reason ?? '',
            }),
          }),
        );
      });
    },
    whisper(words) {
      // Whoever acknowledges it does right; nobody waits for it.
      expired.add(envelopeOf(words));
      open[0]?.send(words);
    },
    drop(refresh) {
      for (const socket of [...open]) {
        if (!refresh) socket.terminate();
        else {
          // Nothing more is sent to a connection that is about to be replaced.
          leave(socket);
          socket.send(
            JSON.stringify({
              type: 'disconnect',
              reason: 'refresh_requested',
              debug_info: { host: 'applink-1' },
            }),
          );
        }
      }
    },
    close() {
      for (const socket of listener.clients) socket.terminate();
      listener.close();
    },
  };
}

function envelopeOf(words: string): string {
  try {
    return asText(JSON.parse(words)?.envelope_id);
  } catch {
    return '';
  }
}

function asText(id: unknown): string {
  return typeof id === 'string' ? id : (JSON.stringify(id) ?? '');
}
