import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/**
 * `npx vitest run --config vitest.cuda.config.ts`: what needs ONNX Runtime's CUDA provider, on a GPU or over the
 * libraries of scripts/cuda_stand_in.py. It takes 3 GB of disk and of the GPU's memory.
 */
export default defineConfig({
  test: {
    ...base.test,
    globalSetup: [],
    include: ['test/cuda/*.cuda.ts'],
    testTimeout: 600_000,
    maxWorkers: 1,
  },
});
