import { expect, test } from 'vitest';
import { createConnection } from '../../../src/adapters/discord/connection.js';
import { createPace } from '../../../src/adapters/discord/pace.js';
import { systemClock } from '../../../src/clock.js';
import { silentLogger } from '../../../src/logger.js';

function connection() {
  const got: unknown[] = [];
  const made = createConnection({
    token: 'none',
    shards: 1,
    pace: createPace(systemClock),
    memory: { get: async () => undefined, set: async () => {} },
    clock: systemClock,
    logger: silentLogger,
    onInteraction: (raw) => got.push(raw),
    onMessage: (raw) => got.push(raw),
  });
  // What the gateway does with each event that comes in.
  const ws = made.client.ws as unknown as {
    emit(name: string, data: unknown, shard: number): void;
    handlePacket(packet: object, shard: object): boolean;
  };
  const arrives = (t: string, d: unknown) => {
    ws.emit(t, d, 0);
    return ws.handlePacket({ t, d }, {});
  };
  return { made, got, arrives };
}

test.each([null, 5, 'x', [], {}, { data: null }, { guilds: 5 }, { id: {}, type: -1, channel: 7 }])(
  'an event of %j brings nothing down, whatever it calls itself',
  (data) => {
    const { arrives } = connection();
    const names = [
      'READY',
      'RESUMED',
      'GUILD_CREATE',
      'GUILD_DELETE',
      'CHANNEL_UPDATE',
      'THREAD_CREATE',
      'MESSAGE_CREATE',
    ];
    for (const name of [...names, 'INTERACTION_CREATE', 'GUILD_ROLE_UPDATE', 'NEVER_HEARD_OF', '__proto__']) {
      expect(() => arrives(name, data)).not.toThrow();
    }
  },
);

test('interactions and messages come as they are, and discord.js keeps none of them', () => {
  const { made, got, arrives } = connection();
  const message = { id: '1', channel_id: '2', author: { id: '3' } };
  expect(arrives('INTERACTION_CREATE', { id: '5' })).toBe(true);
  expect(arrives('MESSAGE_CREATE', message)).toBe(true);
  expect(got).toEqual([{ id: '5' }, message]);
  expect([made.client.users.cache.size, made.client.channels.cache.size]).toEqual([0, 0]);
});

test('a connection that was never opened is not ready, and knows nobody', () => {
  const { made } = connection();
  expect([made.ready, made.closed, made.self()]).toEqual([false, false, undefined]);
});
