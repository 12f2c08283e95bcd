import { expect, it } from 'vitest';
import { createTeller } from '../../src/engine/teller.js';
import type { Pixels, Progress } from '../../src/job.js';

const dot: Pixels = { width: 1, height: 1, data: new Uint8Array(3) };

it('tells of a step when its preview is there, never going back, and of nothing that comes too late', async () => {
  const told: Progress[] = [];
  const late = [deferred(), deferred()];
  const made = [late[0]!.promise, dot, undefined, late[1]!.promise];
  const teller = createTeller(
    { preview: true, signal: new AbortController().signal, onProgress: (progress) => told.push(progress) },
    { ready: async () => {}, draw: () => made.shift(), end: () => {} },
  );
  await teller.ready();
  const estimate = new Float32Array(1);
  teller.onStep(1, 5, estimate);
  expect(told).toEqual([]);
  teller.onStep(2, 5, estimate);
  await late[0]!.resolve();
  teller.onStep(3, 5, estimate);
  teller.onStep(4, 5, estimate);
  teller.end();
  await late[1]!.resolve();
  expect(told).toEqual([
    { step: 2, steps: 5, preview: dot },
    { step: 2, steps: 5, preview: dot },
    { step: 3, steps: 5, preview: undefined },
  ]);
});

function deferred() {
  let settle = (_: Pixels) => {};
  const promise = new Promise<Pixels | undefined>((resolve) => {
    settle = resolve;
  });
  return {
    promise,
    async resolve() {
      settle(dot);
      await promise;
    },
  };
}
