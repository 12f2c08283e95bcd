import { describe, expect, test } from 'vitest';
import { resolveScheduler } from '../../../src/engine/schedulers/resolve.js';
import { UserError } from '../../../src/errors.js';
import type { SchedulerName } from '../../../src/job.js';
import { difference, draw, golden, type Run, unpack } from './golden.js';

interface Row {
  readonly pipeline: string;
  readonly title: string;
  readonly file: Readonly<Record<string, unknown>>;
  readonly runs: readonly (Run & { readonly name: SchedulerName | null })[];
}

const tolerance = 2e-6;
const ddim = {
  _class_name: 'DDIMScheduler',
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
};

describe.each(golden<Row>('carried').map((row) => [row.title, row] as const))(
  'the config file of %s',
  (_, { pipeline, file, runs }) => {
    test.each(runs)('draws what diffusers draws with $name at strength $strength', async (run) => {
      const scheduler = resolveScheduler(file, run.name ?? undefined, pipeline);
      const off = difference(await draw(scheduler, run), unpack(run.x));
      expect(off, `largest difference ${off}`).toBeLessThanOrEqual(tolerance);
    });
  },
);

test('the class in the file need not be known when a request names another', () => {
  const file = { ...ddim, _class_name: 'LMSDiscreteScheduler' };
  expect(resolveScheduler(file, 'heun', 'StableDiffusionPipeline').className).toBe('HeunDiscreteScheduler');
});

test('options that a saved config marks as defaults do not carry over', () => {
  const file = { ...ddim, timestep_spacing: 'trailing', _use_default_values: ['timestep_spacing'] };
  expect(resolveScheduler(file, undefined, 'AnyPipeline').schedule(4).timesteps).toEqual([750, 500, 250, 0]);
});

test('a step count for which numpy counts one timestep too many has no timestep before the first', () => {
  const { timesteps } = resolveScheduler(
    { ...ddim, timestep_spacing: 'trailing' },
    'ddim',
    'AnyPipeline',
  ).schedule(61);
  expect(timesteps.length).toBe(61);
  expect(timesteps.at(-1)).toBe(15);
});

test.each([
  [0, 20],
  [0.3, 2],
  [0.04, 20],
])('strength %f leaves none of %i steps, and the picture as it is', async (strength, steps) => {
  const scheduler = resolveScheduler(ddim, 'euler', 'StableDiffusionPipeline');
  const schedule = scheduler.schedule(steps, strength);
  const init = Float32Array.of(1, 2, 3);
  const x = scheduler.start(Float32Array.of(7, 8, 9), schedule, init);
  const never = () => Promise.reject(new Error('the model was called'));
  const noise = () => new Float32Array(3);
  expect(await scheduler.run(never, x, schedule, { noise })).toEqual(init);
});

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return `${(error as UserError).code} ${(error as UserError).message}`;
  }
  throw new Error('nothing was refused');
}

const dpm = { _class_name: 'DPMSolverMultistepScheduler' };
const unipc = { _class_name: 'UniPCMultistepScheduler' };

describe('a config is refused in one sentence', () => {
  test.each<[unknown, string]>([
    [null, 'Cannot read scheduler_config.json: found null, want an object of options'],
    [[ddim], 'Cannot read scheduler_config.json'],
    [{}, "Cannot use the model's scheduler: it is missing, want one of DDIMScheduler, PNDMScheduler,"],
    [{ _class_name: 'constructor' }, 'it is "constructor", want one of DDIMScheduler'],
    [
      { _class_name: 'FlowMatchEulerDiscreteScheduler' },
      'it is "FlowMatchEulerDiscreteScheduler", want one of',
    ],
    [
      { ...ddim, beta_start: -0.1 },
      'Cannot set up DDIMScheduler: beta_start is -0.1, want a number from 1e-9 to 0.999',
    ],
    [{ ...ddim, beta_end: '0.012' }, 'beta_end is "0.012", want a number from 1e-9 to 0.999'],
    [
      { ...ddim, num_train_timesteps: 1e9 },
      'num_train_timesteps is 1000000000, want a whole number from 1 to 10000',
    ],
    [
      { ...ddim, num_train_timesteps: 10.5 },
      'num_train_timesteps is 10.5, want a whole number from 1 to 10000',
    ],
    [{ ...ddim, steps_offset: -1 }, 'steps_offset is -1, want a whole number from 0 to 10000'],
    [
      { ...ddim, beta_schedule: 'sigmoid' },
      'beta_schedule is "sigmoid", want one of linear, scaled_linear, squaredcos_cap_v2',
    ],
    [
      { ...ddim, prediction_type: 'flow_prediction' },
      'prediction_type is "flow_prediction", want one of epsilon, sample, v_prediction',
    ],
    [
      { ...ddim, timestep_spacing: null },
      'timestep_spacing is null, want one of linspace, leading, trailing',
    ],
    [{ ...ddim, trained_betas: [0.1, 2] }, 'trained_betas.1 is 2, want a number from 0 to 1'],
    [
      { ...ddim, trained_betas: [0.1, 0.2] },
      'num_train_timesteps is missing, want 2, the number of trained_betas',
    ],
    [
      { _class_name: 'PNDMScheduler', prediction_type: 'sample' },
      'prediction_type is "sample", want one of epsilon, v_prediction',
    ],
    [{ ...dpm, use_flow_sigmas: true }, 'use_flow_sigmas is true, want false'],
    [{ ...dpm, use_dynamic_shifting: true }, 'use_dynamic_shifting is true, want false'],
    [{ ...dpm, variance_type: 'learned_range' }, 'variance_type is "learned_range", want null'],
    [{ ...dpm, solver_order: 4 }, 'solver_order is 4, want a whole number from 1 to 3'],
    [
      { ...dpm, algorithm_type: 'dpmsolver' },
      'final_sigmas_type is missing, want "sigma_min" with algorithm_type "dpmsolver"',
    ],
    [
      { ...dpm, algorithm_type: 'sde-dpmsolver', final_sigmas_type: 'sigma_min', solver_order: 3 },
      'solver_order is 3, want 1 or 2 with algorithm_type "sde-dpmsolver"',
    ],
    [
      { ...dpm, use_karras_sigmas: true, use_beta_sigmas: true },
      'use_karras_sigmas is true, want false, because use_beta_sigmas is true',
    ],
    [
      { ...unipc, solver_p: { _class_name: 'DDIMScheduler' } },
      'solver_p is {"_class_name":"DDIMScheduler"}, want null',
    ],
    [{ ...unipc, shift_terminal: 0.1 }, 'shift_terminal is 0.1, want null'],
  ])('%j', (file, message) => {
    expect(refusal(() => resolveScheduler(file, undefined, 'AnyPipeline'))).toContain(message);
  });

  test('and so is zero terminal SNR with a model that predicts the noise', () => {
    const file = { ...ddim, rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
    const scheduler = resolveScheduler(file, undefined, 'AnyPipeline');
    expect(refusal(() => scheduler.schedule(20))).toBe(
      'bad-model Cannot draw with zero terminal SNR: prediction_type is "epsilon", which tells nothing there, want "v_prediction"',
    );
  });
});

test('options of other classes in the file are left out, as in diffusers', () => {
  const file = { ...ddim, use_flow_sigmas: true, solver_order: 17, sample_size: 'large' };
  expect(resolveScheduler(file, undefined, 'AnyPipeline').className).toBe('DDIMScheduler');
});

describe('a number of steps is refused in one sentence', () => {
  test.each<[string, unknown, SchedulerName | undefined, number, number | undefined, string]>([
    [
      'more than the model was trained with',
      ddim,
      'ddim',
      1001,
      undefined,
      'Cannot draw in 1001 steps: this model wants a whole number from 1 to 1000',
    ],
    [
      'none',
      ddim,
      'euler',
      0,
      undefined,
      'Cannot draw in 0 steps: this model wants a whole number from 1 to 1000',
    ],
    ['a fraction', ddim, 'euler', 2.5, undefined, 'Cannot draw in 2.5 steps'],
    [
      'past the last timestep',
      { ...ddim, steps_offset: 1 },
      'ddim',
      1000,
      undefined,
      'Cannot draw in 1000 steps: they reach timestep 1000, want at most 999',
    ],
    [
      'too few for a Runge–Kutta start',
      ddim,
      'pndm',
      3,
      undefined,
      'Cannot draw in 3 steps: the Runge–Kutta start of PNDMScheduler wants at least 4',
    ],
    [
      'more than a distilled model has',
      ddim,
      'lcm',
      51,
      undefined,
      'Cannot draw in 51 steps: a distilled model with 50 timesteps to choose from wants no more than those',
    ],
  ])('%s', (_, file, name, steps, strength, message) => {
    const scheduler = resolveScheduler(file, name, 'AnyPipeline');
    expect(refusal(() => scheduler.schedule(steps, strength))).toContain(`bad-option ${message}`);
  });
});
