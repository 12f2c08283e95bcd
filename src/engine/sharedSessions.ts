import { type KeptSessions, keepSessions } from './kept-sessions.js';
import { privateMemory } from './memory.js';
import { keptSizes } from './model.js';

const bytesPerMb = 2 ** 20;

/**
 * The sessions of all models of one engine, under one budget. On the CPU the process's own memory is measured; a GPU's
 * cannot be, and the weights count, and what a run is sure to need.
 *
 * @param deviceBytes of memory that the device has, where it is known
 * @example const sessions = sharedSessions('cpu', 8000); createModel(checkpoint, { device: 'cpu', cacheFolder, sessions });
 */
export function sharedSessions(
  device: string,
  memoryBudgetMb: number | undefined,
  deviceBytes?: number,
): KeptSessions {
  const budget = memoryBudgetMb === undefined ? undefined : memoryBudgetMb * bytesPerMb;
  const measured = device === 'cpu';
  return keepSessions({
    ...{ most: keptSizes, budget },
    measure: measured ? privateMemory : undefined,
    // On the CPU a budget is where others give way; a GPU's memory ends there.
    limit: measured
      ? deviceBytes
      : Math.min(budget ?? Number.POSITIVE_INFINITY, deviceBytes ?? Number.POSITIVE_INFINITY),
  });
}
