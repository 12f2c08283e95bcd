import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // .ci/run counts from the file, which every reader of JSON can check.
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.ci/results.json' }]] : ['default'],
    globalSetup: ['test/build.ts'],
    // The suites of hostile files make this many each, those that fuzz this share; `npm run fire` makes all.
    provide: { fireCount: 20, fuzzShare: 1 / 50 },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two files at once on two cores would make the engine's processes fight over them.
    maxWorkers: 2,
  },
});
