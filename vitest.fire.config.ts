import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run fire`: the suites of hostile files and of fuzzed input alone, at full strength. */
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/fire/**/*.test.ts'],
    provide: { fireCount: 200, fuzzShare: 1 },
    testTimeout: 3_600_000,
  },
});
