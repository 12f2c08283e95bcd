import type { JobState } from '../job.js';

/** Where each move of a job starts and ends: never backwards, but for a requeue. */
export const moves = {
  start: { from: ['queued'], to: 'running' },
  requeue: { from: ['running'], to: 'queued' },
  drew: { from: ['running'], to: 'drawn' },
  delivered: { from: ['drawn'], to: 'delivered' },
  fail: { from: ['queued', 'running', 'drawn'], to: 'failed' },
  cancel: { from: ['queued', 'running'], to: 'cancelled' },
} as const satisfies Record<string, { from: readonly JobState[]; to: JobState }>;

/** Nothing moves a job from these. */
export const ended: readonly JobState[] = ['delivered', 'failed', 'cancelled'];
