import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { type Engine, type EngineOptions, openEngine } from '../../src/engine/engine.js';
import type { EngineEvent } from '../../src/engine/keeper.js';

const standIn = new URL('../fixtures/engine-stand-in.mjs', import.meta.url).href;

const open = new Set<Engine>();
afterEach(async () => {
  await Promise.all([...open].map((engine) => engine.close()));
  open.clear();
});

/** An engine of the stand-in, closed after the test, and what happened to its processes. */
export async function openStandIn(options: Partial<EngineOptions> = {}) {
  const events: EngineEvent[] = [];
  const engine = await openEngine({
    model: 'stand-in',
    device: 'cpu',
    cacheFolder: 'none',
    env: process.env,
    pipeline: standIn,
    onEvent: (event) => events.push(event),
    ...options,
  });
  open.add(engine);
  return { engine, events };
}

/** Whether a process runs; one that has ended and waits for its parent does not. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Milliseconds until the condition holds. */
export async function until(holds: () => boolean, mostMilliseconds = 10_000): Promise<number> {
  const began = performance.now();
  while (!holds()) {
    if (performance.now() - began > mostMilliseconds)
      throw new Error(`Not within ${mostMilliseconds} ms: ${holds}`);
    await sleep(5);
  }
  return performance.now() - began;
}
