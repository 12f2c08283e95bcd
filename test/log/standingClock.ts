import type { Clock } from '../../src/clock.js';
import { noon } from './jobs.js';

/** A clock that stands at noon. */
export const standingClock: Clock = { now: () => noon, after: () => () => {} };
