import type { Server } from 'node:http';
import { GatewayIntentBits, GatewayOpcodes } from 'discord-api-types/v10';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Bag, bag, list, number, text } from './bag.js';
import { guildJson, memberJson, userJson } from './json.js';
import { nextEvent, type Session, shardOf } from './session.js';
import type { World } from './world.js';

export interface GatewayOptions {
  readonly heartbeatInterval: number;
  /** Privileged intents that the app was granted, added up. */
  readonly privileged: number;
  /** Shards that Discord recommends. */
  readonly shards: number;
  /** Time in which one IDENTIFY is let through, in milliseconds; Discord's is 5000. */
  readonly identifyWindow: number;
  /** IDENTIFYs a day. */
  readonly identifies: number;
}

export interface Gateway {
  /** What `/gateway/bot` says besides the address. */
  facts(): object;
  /** Cuts all connections. */
  drop(how?: { readonly resumable?: boolean; readonly code?: number }): void;
  /** Cuts all connections and lets none in for so many milliseconds. */
  outage(milliseconds: number): void;
  /** Tells the bot to reconnect (op 7). */
  reconnect(): void;
  /** Stops or restarts answering heartbeats: a zombie. */
  acking(on: boolean): void;
  /** Sends the newest events of that name once more, under their old numbers, as resumes may. */
  again(name: string, count?: number): void;
  /** Connections that are identified or resumed now. */
  readonly connected: number;
  close(): void;
}

const privilegedIntents =
  GatewayIntentBits.MessageContent | GatewayIntentBits.GuildMembers | GatewayIntentBits.GuildPresences;
const payloadMost = 4096;
const sendsAMinute = 120;

/** Discord's websocket side: sessions that can be resumed, heartbeats, close codes. Sets `world.dispatch`. */
export function createGateway(world: World, server: Server, options: GatewayOptions): Gateway {
  const sessions = new Map<string, Session>();
  let closedUntil = 0;
  const sockets = new WebSocketServer({
    server,
    maxPayload: 1024 * 1024,
    verifyClient: (_, admit) => admit(performance.now() >= closedUntil, 503),
  });
  const lastIdentify = new Map<number, number>();
  let identifies = 0;
  let acking = true;

  const send = (socket: WebSocket, op: number, d: unknown = null, more: Bag = { s: null, t: null }) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ op, d, ...more }));
  };

  function transmit(session: Session, { s, t, d }: Session['events'][number]): void {
    const { socket } = session;
    if (socket.readyState !== socket.OPEN) return;
    if (t === 'INTERACTION_CREATE') {
      const open = () => socket.readyState === socket.OPEN;
      world.interactions.get(text(bag(d).id))?.deliveries.push({ at: performance.now(), open });
    }
    send(socket, GatewayOpcodes.Dispatch, d, { s, t });
  }

  world.dispatch = (name, data, to) => {
    let reached = 0;
    for (const session of sessions.values()) {
      if (shardOf(to.guild, session.shard[1]) !== session.shard[0]) continue;
      if (to.intents !== undefined && (session.intents & to.intents) === 0) continue;
      const read = to.mentioned === false && (session.intents & GatewayIntentBits.MessageContent) === 0;
      const seen = read ? { ...bag(data), content: '', embeds: [], attachments: [], components: [] } : data;
      transmit(session, nextEvent(session, name, seen));
      reached += 1;
    }
    return reached;
  };

  function identify(socket: WebSocket, data: Bag): Session | undefined {
    const fail = (code: number, reason: string) => {
      world.breach(`Gateway IDENTIFY: ${code} ${reason}`);
      socket.close(code, reason);
      return undefined;
    };
    if (data.token !== world.token) return fail(4004, 'Authentication failed.');
    const intents = number(data.intents);
    if (!Number.isInteger(data.intents) || intents < 0 || intents >= 1 << 27) {
      return fail(4013, 'Invalid intent(s).');
    }
    if ((intents & privilegedIntents & ~options.privileged) !== 0) return fail(4014, 'Disallowed intent(s).');
    const [id, count] = list(data.shard ?? [0, 1]).map(number) as [number, number];
    if (!(id >= 0 && id < count)) return fail(4010, 'Invalid shard.');
    identifies += 1;
    if (identifies > options.identifies) return fail(4004, 'Too many identifies: the token is reset.');
    const last = lastIdentify.get(id) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - last < options.identifyWindow) {
      send(socket, GatewayOpcodes.InvalidSession, false);
      return undefined;
    }
    lastIdentify.set(id, performance.now());
    for (const each of sessions.values()) {
      if (each.shard[0] === id && each.socket.readyState !== socket.OPEN) sessions.delete(each.id);
    }
    const session: Session = {
      id: world.id().padStart(32, '0'),
      intents,
      shard: [id, count],
      socket,
      sequence: 0,
      events: [],
    };
    sessions.set(session.id, session);
    const guilds = [...world.guilds.values()].filter((guild) => guild.bot && shardOf(guild.id, count) === id);
    const ready = {
      v: 10,
      user: userJson(world.bot),
      guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: `${world.url().replace(/^http/, 'ws')}/resume`,
      shard: [id, count],
      application: { id: world.bot.id, flags: 0 },
      private_channels: [],
    };
    transmit(session, nextEvent(session, 'READY', ready));
    if ((intents & GatewayIntentBits.Guilds) !== 0) {
      for (const guild of guilds) {
        transmit(session, nextEvent(session, 'GUILD_CREATE', guildJson(world, guild)));
      }
    }
    world.changed();
    return session;
  }

  function resume(socket: WebSocket, data: Bag): Session | undefined {
    const session = sessions.get(text(data.session_id));
    if (data.token !== world.token) {
      socket.close(4004, 'Authentication failed.');
      return undefined;
    }
    if (!session) {
      send(socket, GatewayOpcodes.InvalidSession, false);
      return undefined;
    }
    if (number(data.seq) > session.sequence) {
      socket.close(4007, 'Invalid seq.');
      return undefined;
    }
    session.socket.terminate();
    session.socket = socket;
    for (const event of session.events.filter(({ s }) => s > number(data.seq))) transmit(session, event);
    transmit(session, nextEvent(session, 'RESUMED', { _trace: [] }));
    world.changed();
    return session;
  }

  function members(session: Session, data: Bag): void {
    const guild = world.guilds.get(text(data.guild_id));
    if (!guild) return;
    const wanted = list(data.user_ids ?? []);
    const found = [...guild.members.keys()]
      .filter((id) => wanted.length === 0 || wanted.includes(id))
      .map((id) => memberJson(world, guild, world.people.get(id)!));
    const chunk = { guild_id: guild.id, members: found, chunk_index: 0, chunk_count: 1, nonce: data.nonce };
    transmit(session, nextEvent(session, 'GUILD_MEMBERS_CHUNK', chunk));
  }

  sockets.on('connection', (socket, request) => {
    const query = new URL(request.url ?? '/', 'ws://localhost').searchParams;
    let session: Session | undefined;
    let sent: number[] = [];
    let beat = performance.now();
    const guard = setInterval(() => {
      if (performance.now() - beat < options.heartbeatInterval * 2) return;
      world.breach(`Gateway: no heartbeat for ${Math.round(performance.now() - beat)} ms`);
      socket.close(4000, 'No heartbeat.');
    }, options.heartbeatInterval / 2);
    guard.unref();
    socket.on('close', () => {
      clearInterval(guard);
      world.changed();
    });
    socket.on('error', () => {});
    const fail = (code: number, reason: string) => {
      world.breach(`Gateway: ${code} ${reason}`);
      socket.close(code, reason);
    };
    if (query.get('v') !== '10' || query.get('encoding') !== 'json' || query.has('compress')) {
      fail(4012, `Invalid API version, or a form that the fake does not speak: ${request.url}`);
      return;
    }
    socket.on('message', (raw) => {
      const bytes = raw as Buffer;
      const now = performance.now();
      sent = [...sent.filter((at) => now - at < 60_000), now];
      if (sent.length > sendsAMinute) return fail(4008, 'Rate limited: more than 120 events in a minute.');
      if (bytes.length > payloadMost)
        return fail(4002, `Decode error: ${bytes.length} bytes of ${payloadMost}`);
      let message: Bag;
      try {
        message = bag(JSON.parse(bytes.toString('utf8')));
      } catch {
        return fail(4002, 'Decode error.');
      }
      const data = bag(message.d);
      switch (message.op) {
        case GatewayOpcodes.Heartbeat:
          beat = now;
          if (acking) send(socket, GatewayOpcodes.HeartbeatAck);
          return;
        case GatewayOpcodes.Identify:
          if (session) return fail(4005, 'Already authenticated.');
          session = identify(socket, data);
          return;
        case GatewayOpcodes.Resume:
          if (session) return fail(4005, 'Already authenticated.');
          session = resume(socket, data);
          return;
        case GatewayOpcodes.PresenceUpdate:
        case GatewayOpcodes.VoiceStateUpdate:
        case GatewayOpcodes.RequestGuildMembers:
          if (!session) return fail(4003, 'Not authenticated.');
          if (message.op === GatewayOpcodes.RequestGuildMembers) members(session, data);
          return;
        default:
          fail(4001, `Unknown opcode ${String(message.op)}.`);
      }
    });
    send(socket, GatewayOpcodes.Hello, { heartbeat_interval: options.heartbeatInterval, _trace: [] });
  });

  const drop: Gateway['drop'] = ({ resumable = true, code = resumable ? 4000 : 4009 } = {}) => {
    const open = live();
    if (!resumable) sessions.clear();
    for (const { socket } of open) socket.close(code);
  };
  const live = () => [...sessions.values()].filter(({ socket }) => socket.readyState === socket.OPEN);
  return {
    facts: () => ({
      shards: options.shards,
      session_start_limit: {
        total: options.identifies,
        remaining: Math.max(0, options.identifies - identifies),
        reset_after: 24 * 3600_000,
        max_concurrency: 1,
      },
    }),
    drop,
    outage(milliseconds) {
      closedUntil = performance.now() + milliseconds;
      drop();
    },
    reconnect() {
      for (const { socket } of live()) send(socket, GatewayOpcodes.Reconnect);
    },
    acking(on) {
      acking = on;
    },
    again(name, count = 1) {
      for (const session of live()) {
        const events = session.events.filter(({ t }) => t === name).slice(-count);
        for (const event of events) transmit(session, event);
      }
    },
    get connected() {
      return live().length;
    },
    close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}
