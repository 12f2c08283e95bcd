import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    fireCount: number;
    fuzzShare: number;
  }
}

/** How many hostile files each suite makes: 20 in `npm test`, 200 in `npm run fire`. */
export const fireCount = inject('fireCount');

/**
 * So many of `full` fuzzed inputs as are made here: a fiftieth in `npm test`, all of them in `npm run fire`.
 *
 * @example fuzzCount(50_000) // 1000 in `npm test`
 */
export const fuzzCount = (full: number): number => Math.ceil(full * inject('fuzzShare'));

/** What all fuzzed inputs follow from: set FUZZ_SEED to make those of an earlier run again. */
export const fuzzSeed = Number(process.env.FUZZ_SEED ?? 20_260_730);
