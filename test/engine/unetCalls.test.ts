import { expect, it } from 'vitest';
import type { Network } from '../../src/engine/kept-sessions.js';
import { createUNetCalls } from '../../src/engine/unetCalls.js';

const network: Network = { open: async () => {}, hold: () => () => {}, run: async () => ({}) };
const shape = { width: 64, height: 64, tokens: 77 };

it("what is known of a variant that is closed is forgotten, its ControlNets' too, and nothing of others", () => {
  const calls = createUNetCalls();
  const nameAll = () =>
    ['ink', 'ink canny', 'inks', ''].map((variant) => calls.name(variant, shape, network));
  for (const name of nameAll()) calls.widths.attempt(name, 7);
  calls.forget('ink');
  expect(nameAll().map((name) => calls.widths.of(name))).toEqual([1, 1, 7, 7]);
});
