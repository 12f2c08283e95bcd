import { describe, expect, it } from 'vitest';
import { random } from '../../bench/serve/random.js';
import { createBatcher } from '../../src/engine/batcher.js';

interface Outcome {
  value?: number;
  code?: string;
}

/** Jobs that come, step, fail and are cancelled at random; checks each call as it happens. */
async function history(seed: number) {
  const next = random(seed);
  const pick = (most: number) => Math.floor(next() * most);
  const width = 1 + pick(4);
  /** By shape, the jobs that wait, in the order of their places. */
  const waiting = new Map<string, number[]>();
  const problems: string[] = [];
  let failedRuns = 0;
  let stepsRun = 0;

  const batcher = createBatcher({
    width,
    async run(shape, count, { id, sample }) {
      const jobs = [...new Set(id!.data)];
      const queue = waiting.get(shape) ?? [];
      const due = queue.slice(0, width);
      // Who began first goes first, and of its shape as many as fit: so nobody is overtaken.
      const first = Math.min(...[...waiting.values()].flat());
      if (jobs[0] !== first) problems.push(`${shape}: ran ${jobs}, first of all is ${first}`);
      if (jobs.join() !== due.join()) problems.push(`${shape}: ran ${jobs}, due ${due} of ${queue}`);
      waiting.set(shape, queue.slice(jobs.length));
      stepsRun += jobs.length;
      if (id!.data.length !== count) problems.push(`${id!.data.length} ids, ${count} rows`);
      for (let i = pick(3); i > 0; i -= 1) await new Promise((resolve) => setImmediate(resolve));
      if (next() < 0.02) {
        failedRuns += 1;
        throw new Error('unlucky');
      }
      return sample!.data.map((value) => value + 1);
    },
  });

  async function job(id: number): Promise<Outcome & { steps: number }> {
    const shape = 'ABC'[pick(3)]!;
    const count = 1 + pick(2);
    const steps = 1 + pick(8);
    const controller = new AbortController();
    for (let i = pick(40); i > 0; i -= 1) await new Promise((resolve) => setImmediate(resolve));
    if (next() < 0.2) setTimeout(() => controller.abort(), pick(8));
    let value = id * 100;
    for (let step = 0; step < steps; step += 1) {
      if (controller.signal.aborted) return { code: 'cancelled', steps };
      waiting.set(
        shape,
        [...(waiting.get(shape) ?? []), id].sort((a, b) => a - b),
      );
      const inputs = {
        sample: { data: new Float32Array(count).fill(value), rowDims: [] },
        id: { data: new Float32Array(count).fill(id), rowDims: [] },
      };
      const forget = () =>
        waiting.set(
          shape,
          (waiting.get(shape) ?? []).filter((other) => other !== id),
        );
      controller.signal.addEventListener('abort', forget, { once: true });
      try {
        const result = await batcher.denoise({ shape, count, inputs, place: id }, controller.signal);
        if (result.length !== count) problems.push(`${result.length} values for ${count} rows`);
        value = result[0]!;
      } catch (error) {
        return { code: (error as { code?: string }).code ?? 'failed', steps };
      }
      controller.signal.removeEventListener('abort', forget);
    }
    return { value, steps };
  }

  const ids = Array.from({ length: 24 }, (_, i) => i + 1);
  const outcomes = await Promise.all(ids.map(job));
  return { outcomes, problems, failedRuns, stepsRun, stats: batcher.stats, width };
}

describe('createBatcher over random histories', () => {
  it.each(Array.from({ length: 40 }, (_, i) => i))(
    'loses, mixes and overtakes nobody (seed %i)',
    async (seed) => {
      const { outcomes, problems, failedRuns, stepsRun, stats, width } = await history(seed);
      expect(problems).toEqual([]);
      outcomes.forEach(({ value, code, steps }, i) => {
        if (value !== undefined) expect(value).toBe((i + 1) * 100 + steps);
        else expect(['cancelled', 'failed']).toContain(code);
      });
      const failed = outcomes.filter(({ code }) => code === 'failed').length;
      expect(failed).toBeLessThanOrEqual(failedRuns * width);
      expect(failed === 0).toBe(failedRuns === 0);
      expect(stats.waiting).toBe(0);
      expect(stats.calls.length).toBeLessThanOrEqual(width + 1);
      expect(stats.calls.reduce((sum, calls, jobs) => sum + calls * jobs, 0)).toBe(stepsRun);
    },
  );
});
