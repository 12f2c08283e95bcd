import { changed } from '../changed.js';
import type { Log, RoomSettings } from '../log.js';
import type { PrismaClient } from './connect.js';
import type { Lane } from './lane.js';

type Settings = Pick<Log, 'settings' | 'set' | 'styles' | 'setStyle' | 'removeStyle'>;

/** What admins set. A server's own settings stand under the channel ''. */
export function createSettings(client: PrismaClient, lane: Lane): Settings {
  return {
    async settings(server, channel) {
      if (server === undefined) return {};
      const rows = await client.setting.findMany({
        where: { server, channel: { in: ['', channel ?? ''] } },
        orderBy: { channel: 'asc' },
      });
      // '' sorts first: the channel's word goes over the server's.
      return Object.assign({}, ...rows.map(({ value }) => JSON.parse(value) as RoomSettings));
    },
    async set(server, channel = '', changes) {
      await lane(() =>
        client.$transaction(async (transaction) => {
          const where = { server_channel: { server, channel } };
          const row = await transaction.setting.findUnique({ where });
          const value = JSON.stringify(changed(row ? JSON.parse(row.value) : {}, changes));
          await transaction.setting.upsert({ where, create: { server, channel, value }, update: { value } });
        }),
      );
    },
    async styles(server) {
      if (server === undefined) return [];
      const rows = await client.style.findMany({ where: { server }, orderBy: { name: 'asc' } });
      return rows.map(({ name, prompt, negative }) => ({ name, prompt, negative: negative ?? undefined }));
    },
    async setStyle(server, { name, prompt, negative = null }) {
      const where = { server_name: { server, name } };
      const update = { prompt, negative };
      await lane(() => client.style.upsert({ where, create: { server, name, ...update }, update }));
    },
    async removeStyle(server, name) {
      const { count } = await lane(() => client.style.deleteMany({ where: { server, name } }));
      return count > 0;
    },
  };
}
