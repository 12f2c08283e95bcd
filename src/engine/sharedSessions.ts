import { type KeptSessions, keepSessions } from './kept-sessions.js';
import { privateMemory } from './memory.js';
import { keptSizes } from './model.js';

const bytesPerMb = 2 ** 20;

/**
 * The sessions of all models of one engine, under one budget. On the CPU the process's own memory is measured; a GPU's
 * cannot be, and the weights count.
 *
 * @example const sessions = sharedSessions('cpu', 8000); createModel(checkpoint, { device: 'cpu', cacheFolder, sessions });
 */
export function sharedSessions(device: string, memoryBudgetMb: number | undefined): KeptSessions {
  return keepSessions({
    most: keptSizes,
    budget: memoryBudgetMb === undefined ? undefined : memoryBudgetMb * bytesPerMb,
    measure: device === 'cpu' ? privateMemory : undefined,
  });
}
