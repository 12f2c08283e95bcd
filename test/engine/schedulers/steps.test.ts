import { describe, expect, test } from 'vitest';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { resolveScheduler } from '../../../src/engine/schedulers/resolve.js';
import type { SchedulerName } from '../../../src/job.js';
import { schedulerNames } from '../../../src/job.js';
import { count, denoise } from './golden.js';

const file = {
  _class_name: 'DDIMScheduler',
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  clip_sample: false,
  skip_prk_steps: true,
};

function begin(name: SchedulerName, strength?: number) {
  const scheduler = resolveScheduler(file, name, 'AnyPipeline');
  const noise = createGenerator(7).randn;
  const schedule = scheduler.schedule(5, strength);
  const x = scheduler.start(noise(count), schedule, strength === undefined ? undefined : noise(count));
  return { scheduler, schedule, x, noise };
}

describe.each(schedulerNames)('%s', (name) => {
  test('tells of every step once, with latents that come near the result', async () => {
    const { scheduler, schedule, x, noise } = begin(name);
    const told: string[] = [];
    let last: Float32Array = new Float32Array();
    const onStep = (step: number, steps: number, latents: Float32Array) => {
      told.push(`${step}/${steps}`);
      last = latents;
    };
    const result = await scheduler.run(denoise, x, schedule, { noise, onStep });
    const steps = schedule.timesteps.length;
    expect(told).toEqual(Array.from({ length: steps }, (_, i) => `${i + 1}/${steps}`));
    expect(Math.max(...last.map((value, i) => Math.abs(value - result[i]!)))).toBeLessThan(0.2);
  });

  test('stops before the next step when it is cancelled', async () => {
    const { scheduler, schedule, x, noise } = begin(name, 0.6);
    const stop = new AbortController();
    const told: number[] = [];
    const onStep = (step: number) => {
      told.push(step);
      if (step === 2) stop.abort();
    };
    await expect(
      scheduler.run(denoise, x, schedule, { noise, onStep, signal: stop.signal }),
    ).rejects.toMatchObject({
      name: 'UserError',
      code: 'cancelled',
      message: `Cannot finish the picture: it was cancelled after 2 of ${schedule.timesteps.length - 2} steps`,
    });
    expect(told).toEqual([1, 2]);
  });

  test('passes on what the model rejects with', async () => {
    const { scheduler, schedule, x, noise } = begin(name);
    const broken = new Error('no memory');
    await expect(scheduler.run(() => Promise.reject(broken), x, schedule, { noise })).rejects.toBe(broken);
  });

  test('writes into none of its arguments', async () => {
    const { scheduler, schedule, x, noise } = begin(name);
    const before = [x.slice(), schedule.sigmas.slice(), schedule.alphasCumprod.slice()];
    const outputs: [Float32Array, Float32Array][] = [];
    const watched = async (at: Float32Array, timestep: number) => {
      const output = await denoise(at, timestep);
      outputs.push([output, output.slice()]);
      return output;
    };
    await scheduler.run(watched, x, schedule, { noise });
    expect([x, schedule.sigmas, schedule.alphasCumprod]).toEqual(before);
    for (const [output, copy] of outputs) expect(output).toEqual(copy);
  });
});
