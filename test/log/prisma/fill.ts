import { join } from 'node:path';
import Database from 'better-sqlite3';
import { noon } from '../jobs.js';

type Row = Readonly<Record<string, string | number | null>>;

const usual: Row = {
  state: 'delivered',
  urgency: 'normal',
  kind: 'imagine',
  personKey: 'discord:1',
  personId: '1',
  personName: 'Ada',
  platform: 'discord',
  server: 'guild',
  channel: 'general',
  direct: 0,
  ageRestricted: 0,
  member: 1,
  target: '{"platform":"discord"}',
  prompt: 'a red fox',
  lowered: 'a red fox',
  seed: 7,
  count: 1,
  model: 'sprite',
  asked: noon,
  queued: noon,
  ended: noon,
};

/** Puts jobs into a database at once, beside the log, as years would. */
export function fill(folder: string, count: number, rowOf: (index: number) => Row): void {
  const database = new Database(join(folder, 'kiln.db'));
  const insert = (table: string, row: Row) => {
    const names = Object.keys(row);
    const columns = names.map((name) => `"${name}"`).join(', ');
    database
      .prepare(`INSERT INTO "${table}" (${columns}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(Object.values(row));
  };
  database.transaction(() => {
    for (let index = 0; index < count; index++) {
      const id = index.toString().padStart(10, '0');
      const row = { ...usual, id, key: `discord:filled:${index}`, ...rowOf(index) };
      insert('Job', row);
      insert('Image', {
        job: row.id,
        index: 1,
        seed: 7,
        key: null,
        bytes: 1,
        width: 128,
        height: 128,
        verdict: 'safe',
        pixels: '0',
      });
      insert('Delivery', { job: row.id, what: 'pictures', at: noon });
    }
  })();
  database.close();
}
