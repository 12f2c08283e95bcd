import { readFileSync } from 'node:fs';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { add, div, mul } from '../../../src/engine/schedulers/float32.js';
import type { Resolved } from '../../../src/engine/schedulers/resolve.js';

/** The rows of a file under test/golden/schedulers, without its first, which says what made it. */
export function golden<Row>(name: string): Row[] {
  const file = new URL(`../../golden/schedulers/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.slice(1).map((line) => JSON.parse(line) as Row);
}

/** Float32 values as scripts/golden/schedulers.py packs them. */
export function unpack(packed: string): Float32Array {
  const bytes = Buffer.from(packed, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The stand-in for a model of scripts/golden/schedulers.py, operation by operation. */
export async function denoise(x: Float32Array, timestep: number): Promise<Float32Array> {
  const s = mul(timestep, 1 / 1024);
  return div(add(x, mul(s, 0.25)), add(add(mul(mul(x, x), 0.25), mul(s, 0.5)), 1));
}

export const count = 20;

export interface Run {
  readonly steps: number;
  readonly strength: number | null;
  readonly eta?: number;
  readonly x: string;
}

/** Draws as scripts/golden/schedulers.py does: one generator for the first noise and for all that follows. */
export async function draw(scheduler: Resolved, { steps, strength, eta }: Run): Promise<Float32Array> {
  const generator = createGenerator(7);
  const noise = generator.randn(count);
  const init = strength === null ? undefined : createGenerator(11).randn(count);
  const schedule = scheduler.schedule(steps, strength ?? undefined);
  const x = scheduler.start(noise, schedule, init);
  return scheduler.run(denoise, x, schedule, { noise: generator.randn, eta });
}

/** The largest difference, as a share of the largest expected value (of 1 where all are smaller). */
export function difference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const largest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest / scale;
}
