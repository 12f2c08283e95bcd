import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run fire`: the suites of hostile files at full strength. */
export default mergeConfig(
  base,
  defineConfig({
    test: { include: ['test/fire/**/*.test.ts'], provide: { fireCount: 200 }, testTimeout: 600_000 },
  }),
);
