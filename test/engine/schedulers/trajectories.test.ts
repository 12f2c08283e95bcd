import { afterAll, describe, expect, test } from 'vitest';
import { resolveScheduler } from '../../../src/engine/schedulers/resolve.js';
import { difference, draw, golden, type Run, unpack } from './golden.js';

interface Row {
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly schedules: Readonly<
    Record<string, { timesteps: string; sigmas: string; init_noise_sigma: number }>
  >;
  readonly runs: readonly Run[];
}

const tolerance = 2e-6;
const rows = golden<Row>('trajectories');
const largest = new Map<string, number>();

afterAll(() => {
  console.log([...largest].map(([what, value]) => `${what}: ${value.toExponential(1)}`).join('\n'));
});

/** Empty when `value` is within the tolerance, else what is wrong. */
function beyond(what: string, detail: string, value: number): string[] {
  largest.set(what, Math.max(largest.get(what) ?? 0, value));
  return value <= tolerance ? [] : [`${detail}: ${what} differ by ${value}`];
}

describe.each(rows.map((row) => [row.class, JSON.stringify(row.config), row] as const))(
  '%s %s',
  (name, _, { config, schedules, runs }) => {
    const scheduler = resolveScheduler({ ...config, _class_name: name }, undefined, 'AnyPipeline');

    test('has the timesteps and noise levels of diffusers at each number of steps', () => {
      const wrong = Object.entries(schedules).flatMap(([steps, expected]) => {
        const schedule = scheduler.schedule(Number(steps));
        const detail = `${steps} steps`;
        const timesteps = difference(Float32Array.from(schedule.timesteps), unpack(expected.timesteps));
        const sigmas = schedule.sigmas.length > 0 ? difference(schedule.sigmas, unpack(expected.sigmas)) : 0;
        const start = Math.abs(schedule.initNoiseSigma / expected.init_noise_sigma - 1);
        return [
          ...beyond(`${name} timesteps`, detail, timesteps),
          ...beyond(`${name} sigmas`, detail, sigmas),
          ...beyond(`${name} initial noise`, detail, start),
        ];
      });
      expect(wrong).toEqual([]);
    });

    test('ends where diffusers does, from noise and from a picture', async () => {
      const wrong: string[] = [];
      for (const run of runs) {
        const detail = `${run.steps} steps, strength ${run.strength}, eta ${run.eta}`;
        wrong.push(
          ...beyond(`${name} latents`, detail, difference(await draw(scheduler, run), unpack(run.x))),
        );
      }
      expect(wrong).toEqual([]);
    });
  },
);
