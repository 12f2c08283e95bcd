import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import type { Contestant, PictureTimes } from './contestant.js';
import type { PictureAsk } from './protocol.js';
import { medianOf } from './spread.js';
import type { PeakMemory } from './treeMemory.js';

/** What can be measured of every contestant. */
export const measures = ['cold', 'warm', 'call'] as const;
export type Measure = (typeof measures)[number];

/** One contestant in one round; what was not measured is left out. */
export interface Turn {
  readonly call?: number;
  readonly picture?: PictureTimes;
  readonly cold?: number;
}

/** All turns of one contestant. */
export interface Measured {
  readonly contestant: Contestant;
  readonly turns: Turn[];
  /** The most that its process took, warm or else cold. */
  memory?: PeakMemory;
  openSeconds?: number;
  versions: Contestant['versions'];
  /** Why it was left out, from then on. */
  failure?: string;
}

export interface RoundsOptions {
  readonly contestants: readonly Contestant[];
  /** The one that all are compared with: without it nothing goes on. */
  readonly own: Contestant;
  readonly rounds: number;
  /** Of the U-Net a turn; their median counts. */
  readonly calls: number;
  readonly measures: ReadonlySet<Measure>;
  /** Less its prompt's number, which differs by round: nobody is to know a prompt from the round before. */
  readonly ask: PictureAsk;
  readonly tokens: number;
  /** Where pictures are written. */
  readonly folder: string;
  /** Whether one more model may stay open in memory beside those that do. */
  roomForMore(): boolean;
  /** Told what is measured now. */
  tell(what: string): void;
}

/**
 * Measures all contestants in turns, round by round. A contestant that fails is left out from then on, with its reason.
 *
 * @throws UserError of `own`, and `cancelled`
 * @example const [kiln, peer] = await runRounds({ contestants: [kiln, diffusers], own: kiln, rounds: 3, …rest });
 */
export async function runRounds(options: RoundsOptions): Promise<Measured[]> {
  const { contestants, own, rounds, measures, tell } = options;
  const stages = [
    ...(measures.has('warm') || measures.has('call') ? (['warm'] as const) : []),
    ...(measures.has('cold') ? (['cold'] as const) : []),
  ];
  const records = contestants.map((contestant): Measured => ({ contestant, turns: [], versions: {} }));
  try {
    for (let round = 0; round < rounds; round++) {
      const prompt = `${options.ask.prompt}, ${round + 1}`;
      const ask = { ...options.ask, prompt };
      for (const stage of stages) {
        for (const record of records) {
          if (record.failure !== undefined) continue;
          const { contestant } = record;
          tell(`round ${round + 1} of ${rounds}: ${contestant.name}, ${stage}`);
          try {
            const turn = stage === 'warm' ? warmTurn : coldTurn;
            record.turns[round] = { ...record.turns[round], ...(await turn(record, ask, options)) };
          } catch (error) {
            if (!(error instanceof UserError) || error.code === 'cancelled' || contestant === own)
              throw error;
            record.failure = error.message;
            tell(error.message);
            await contestant.close();
          }
        }
      }
    }
    return records;
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.close()));
  }
}

async function warmTurn(record: Measured, ask: PictureAsk, options: RoundsOptions): Promise<Turn> {
  const { contestant } = record;
  const { measures, calls, tokens } = options;
  let turn: Turn = {};
  if (measures.has('call') && contestant.call) {
    const { width, height } = ask;
    const call = () => contestant.call!({ do: 'call', width, height, batch: 1, tokens });
    const seconds: number[] = [];
    for (let n = 0; n < calls; n++) seconds.push(await call());
    turn = { call: medianOf(seconds) };
  }
  if (measures.has('warm')) turn = { ...turn, picture: await contestant.picture(ask) };
  record.versions = contestant.versions;
  record.openSeconds ??= contestant.openSeconds;
  record.memory = higher(record.memory, contestant.memory);
  if (!options.roomForMore()) await contestant.close();
  return turn;
}

async function coldTurn(record: Measured, ask: PictureAsk, options: RoundsOptions): Promise<Turn> {
  const { contestant } = record;
  const cold = async (more: Partial<PictureAsk>) => {
    // Several pictures are several files.
    const folder = await mkdtemp(join(options.folder, 'cold-'));
    try {
      return await contestant.cold({ ...ask, ...more, file: join(folder, 'cold.png') });
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  // What is converted once for all, and what the system has to read from disk, is there from the second time on.
  if (record.turns.length === 0) await cold({ steps: 1 });
  const { seconds, memory } = await cold({});
  if (!options.measures.has('warm')) record.memory = higher(record.memory, memory);
  return { cold: seconds };
}

function higher(one: PeakMemory | undefined, other: PeakMemory | undefined): PeakMemory | undefined {
  if (!one || !other) return one ?? other;
  return { peak: Math.max(one.peak, other.peak), private: Math.max(one.private, other.private) };
}
