import { describe, expect, it } from 'vitest';
import { resolveScheduler } from '../../../src/engine/schedulers/resolve.js';
import type { SchedulerName } from '../../../src/job.js';

const file = {
  _class_name: 'EulerDiscreteScheduler',
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  timestep_spacing: 'leading',
  steps_offset: 1,
  skip_prk_steps: true,
};

/** Where each part begins and ends, and how often it calls the model. */
function parts(name: SchedulerName, steps: number, cut: number, strength?: number) {
  const scheduler = resolveScheduler(file, name, 'StableDiffusionXLPipeline');
  const before = scheduler.schedule(steps, strength, { end: cut });
  const after = scheduler.schedule(steps, strength, { start: cut });
  return [before, after].map((schedule) => [schedule.begin, schedule.end, scheduler.calls(schedule)]);
}

describe('a drawing that is cut in two', () => {
  it.each<[SchedulerName, number, number, number | undefined, number[][]]>([
    // Timesteps 951, 901, … 1; those from 200 on are before a cut of 0.8.
    [
      'euler',
      20,
      0.8,
      undefined,
      [
        [0, 16, 16],
        [16, 20, 4],
      ],
    ],
    // Of img2img the first part begins later, the second where it does in any case.
    [
      'euler',
      20,
      0.8,
      0.5,
      [
        [10, 16, 6],
        [16, 20, 4],
      ],
    ],
    // The second timestep stands twice.
    [
      'pndm',
      20,
      0.8,
      undefined,
      [
        [0, 17, 17],
        [17, 21, 4],
      ],
    ],
    // The first part ends with an Euler step, which the second begins with again.
    [
      'heun',
      20,
      0.8,
      undefined,
      [
        [0, 16, 31],
        [15, 20, 9],
      ],
    ],
    [
      'euler',
      4,
      0.99,
      undefined,
      [
        [0, 3, 3],
        [3, 4, 1],
      ],
    ],
    [
      'euler',
      4,
      0.01,
      undefined,
      [
        [0, 0, 0],
        [0, 4, 4],
      ],
    ],
    [
      'heun',
      4,
      0.99,
      undefined,
      [
        [0, 3, 5],
        [2, 4, 3],
      ],
    ],
    [
      'heun',
      4,
      0.01,
      undefined,
      [
        [0, 0, 0],
        [0, 4, 7],
      ],
    ],
  ])('%s in %i steps at %d, strength %s', (name, steps, cut, strength, wanted) => {
    expect(parts(name, steps, cut, strength)).toEqual(wanted);
  });
});
