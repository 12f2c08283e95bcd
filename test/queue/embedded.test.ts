import { describe } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createEmbeddedQueue } from '../../src/queue/embedded.js';
import { describeQueue } from '../conformance/queue.js';

describe('the embedded queue', () => {
  describeQueue((options) => createEmbeddedQueue({ ...options, clock: systemClock }));
});
