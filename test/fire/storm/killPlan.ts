import type { Random } from '../random.js';
import type { Aim } from './kilnProcess.js';

/** When a life of Kiln ends. */
export interface Kill {
  readonly what: string;
  /** At a statement. */
  readonly aim?: Aim;
  /** Milliseconds after the start, whether it is up by then or not. */
  readonly afterStart?: number;
  /** Milliseconds after it is up. */
  readonly afterUp?: number;
  /** When a platform has carried out the `count`th request of this kind; its answer may be on its way. */
  readonly request?: 'answer' | 'post' | 'upload';
  readonly count?: number;
  /** Draws with the built-in model. */
  readonly real: boolean;
}

const job = '`Job`';
const aims: readonly (readonly [string, string, Aim['when'], number])[] = [
  ['between a row and its acknowledgement', `^INSERT INTO .*${job}`, 'after', 8],
  ['just before a row', `^INSERT INTO .*${job}`, 'before', 8],
  ['between a post and remembering its message', `^UPDATE .*${job} SET .target`, 'before', 10],
  ['after remembering a message', `^UPDATE .*${job} SET .target`, 'after', 10],
  ['within the start of a drawing', `^UPDATE .*${job} SET .started`, 'after', 6],
  ['within the end of a drawing, files kept', `^UPDATE .*${job} SET .drawn`, 'before', 6],
  ['within the row of a picture', '^INSERT INTO .*`Image`', 'after', 6],
  ['within a delivery, shown and not in the log', `^UPDATE .*${job} SET .delivered`, 'before', 6],
  ['within a delivery', '^INSERT INTO .*`Delivery`', 'after', 6],
  ['just before a commit', '^COMMIT', 'before', 15],
  ['just after a commit', '^COMMIT', 'after', 15],
  ['within the recovery at the start', `^UPDATE .*${job} SET .queued`, 'after', 3],
  ['before the recovery at the start', `^SELECT .*${job}.*\`told\` = `, 'before', 1],
  ['while an adapter keeps something', '^INSERT INTO .*`Kept`', 'after', 12],
  ['while an event is marked as seen', '^INSERT INTO .*`Seen`', 'after', 2],
];
const migrating: readonly (readonly [string, Aim])[] = [
  ['within the migration', { sql: 'CREATE TABLE "Job"', when: 'after', count: 1 }],
  ['before the migration is committed', { sql: '^INSERT INTO "Migration"', when: 'after', count: 1 }],
];
/** One run in so many draws with the real engine. */
const realEvery = 20;

/** How each of `kills` lives ends, by the random numbers alone. */
export function planKills(kills: number, random: Random): Kill[] {
  return Array.from({ length: kills }, (_, at) => {
    const real = at % realEvery === realEvery - 1;
    const first = migrating[at];
    if (first && kills > 5) return { what: first[0], aim: first[1], real };
    if (at === 0) return { what: migrating[1]![0], aim: migrating[1]![1], real };
    // Once it draws: a model takes a while to load.
    if (real) return { what: 'while the built-in model draws', afterUp: 6000 + random.below(4000), real };
    const dice = random.below(100);
    if (dice < 45) {
      const [what, sql, when, most] = random.pick(aims);
      return { what, aim: { sql, when, count: 1 + random.below(most) }, real };
    }
    if (dice < 55) return { what: 'during the start', afterStart: random.below(2500), real };
    if (dice < 75) {
      const request = random.pick(['answer', 'post', 'upload'] as const);
      return { what: `at a platform's ${request}`, request, count: 1 + random.below(8), real };
    }
    return { what: 'at any moment', afterUp: random.below(3000), real };
  });
}
