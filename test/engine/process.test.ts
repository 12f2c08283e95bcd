import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { forkEngine } from '../../src/engine/fork.js';
import { alive, openStandIn, until } from './stand-in.js';

const parents: ChildProcess[] = [];
afterEach(() => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
});

/** Starts a program with an engine that draws `prompt`, and gives the engine's process id. */
async function startParent(prompt: string) {
  const script = fileURLToPath(new URL('../fixtures/engine-parent.mjs', import.meta.url));
  const parent = spawn(process.execPath, [script, prompt], { stdio: ['ignore', 'pipe', 'inherit'] });
  parents.push(parent);
  const [line] = await once(createInterface(parent.stdout!), 'line');
  return { parent, engine: Number(line) };
}

describe('the engine’s process', () => {
  it.each([
    ['blocked in a native call', 'block'],
    ['blocked in a marked run', 'hang'],
  ])('is gone within 2 s of its parent’s kill -9 (%s)', async (_, prompt) => {
    const { parent, engine } = await startParent(prompt);
    await sleep(300);
    expect(alive(engine)).toBe(true);
    parent.kill('SIGKILL');
    expect(await until(() => !alive(engine))).toBeLessThan(2000);
  });

  it('does not keep a program that forgets to close it', async () => {
    const { parent, engine } = await startParent('');
    const [code] = await once(parent, 'exit');
    expect(code).toBe(0);
    expect(await until(() => !alive(engine))).toBeLessThan(2000);
  });

  it('keeps a program that waits for a picture', async () => {
    const { parent } = await startParent('p');
    const [code] = await once(parent, 'exit');
    expect(code).toBe(0); // 13 were an await that nothing could settle
  });

  it('is refused when it was compiled from another state of the code', async () => {
    const ends: boolean[] = [];
    const child = forkEngine({
      opening: { model: '', device: 'cpu', cacheFolder: '', hangSeconds: 1 },
      env: {},
      entry: fileURLToPath(new URL('../fixtures/engine-of-yesterday.mjs', import.meta.url)),
      onEnd: (_, closed) => ends.push(closed),
    });
    await expect(child.opened).rejects.toThrow(/speaks protocol -1, want \d+; compile the project again$/);
    await child.close();
    expect(ends).toEqual([true]);
    expect(alive(child.pid!)).toBe(false);
  });

  it('gets no secrets and no Node options in its environment', async () => {
    const env = {
      ...process.env,
      DISCORD_TOKEN: 's3cret',
      NODE_OPTIONS: '--title=odd',
      OMP_NUM_THREADS: '1',
    };
    const { engine } = await openStandIn({ env });
    const { warnings } = await engine.draw({ prompt: 'environment' });
    const seen = JSON.parse(warnings[0]!);
    expect(JSON.stringify(seen)).not.toMatch(/s3cret|--title/);
    expect(seen).toMatchObject({ OMP_NUM_THREADS: '1', PATH: process.env.PATH });
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${engine.pid}/environ`, 'utf8')).not.toContain('s3cret');
    }
  });

  it('runs at lower priority, and is the first to go when memory runs out', async () => {
    const { engine } = await openStandIn();
    expect(getPriority(engine.pid)).toBe(Math.min(19, getPriority() + 10));
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${engine.pid}/oom_score_adj`, 'utf8').trim()).toBe('500');
    }
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves %s to its parent', async (signal) => {
    const { engine, events } = await openStandIn();
    const draw = engine.draw({ prompt: 'p', steps: 20 });
    process.kill(engine.pid!, signal);
    await expect(draw).resolves.toMatchObject({ steps: 20 });
    expect(events).toHaveLength(1);
  });
});
