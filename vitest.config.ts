import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // .ci/run counts from the file, which every reader of JSON can check.
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.ci/results.json' }]] : ['default'],
    globalSetup: ['test/build.ts'],
    // The suites of hostile files make this many each; `npm run fire` makes more.
    provide: { fireCount: 20 },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two files at once on two cores would make the engine's processes fight over them.
    maxWorkers: 2,
  },
});
