import { z } from 'zod';

/*
 * scheduler_config.json as each diffusers 0.42 class reads it: its own options with its own defaults; keys
 * that it does not have are left out, as diffusers leaves them out. An option that is part of the class but
 * not of Kiln may only have the value that does nothing. Each check's `error` is the value wanted, for the
 * sentence that refuses.
 */

function whole(least: number, most: number) {
  const want = { error: `a whole number from ${least} to ${most}` };
  return z.number(want).refine((value) => Number.isInteger(value) && value >= least && value <= most, want);
}

function between(least: number, most: number) {
  const want = { error: `a number from ${least} to ${most}` };
  return z.number(want).min(least, want).max(most, want);
}

function oneOf<const T extends string>(...names: T[]) {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}

const positive = z.number({ error: 'a positive number' }).positive({ error: 'a positive number' });
const flag = z.boolean({ error: 'true or false' });
/** Some files have null for a switch that is off. */
const maybeFlag = flag
  .nullable()
  .transform((value) => value ?? false)
  .default(false);
/** Options of video and flow-matching models, which Kiln does not draw with. */
const off = z.literal(false, { error: 'false' }).nullish();
const nothing = z.null({ error: 'null' }).optional();

const wantBetas = { error: 'a list of numbers from 0 to 1' };
const betas = z.array(between(0, 1), wantBetas).nullable().default(null);

function noise(beta_start: number, beta_end: number, beta_schedule: 'linear' | 'scaled_linear') {
  return {
    num_train_timesteps: whole(1, 10_000).default(1000),
    beta_start: between(1e-9, 0.999).default(beta_start),
    beta_end: between(1e-9, 0.999).default(beta_end),
    beta_schedule: oneOf('linear', 'scaled_linear', 'squaredcos_cap_v2').default(beta_schedule),
    trained_betas: betas,
    steps_offset: whole(0, 10_000).default(0),
  };
}

const imageNoise = noise(0.0001, 0.02, 'linear');
const latentNoise = noise(0.00085, 0.012, 'scaled_linear');

const spacing = oneOf('linspace', 'leading', 'trailing');
const anyPrediction = oneOf('epsilon', 'sample', 'v_prediction').default('epsilon');
const noSamplePrediction = oneOf('epsilon', 'v_prediction').default('epsilon');
const zeroSnr = { rescale_betas_zero_snr: flag.default(false) };
const thresholding = {
  thresholding: flag.default(false),
  dynamic_thresholding_ratio: between(0, 1).default(0.995),
  sample_max_value: positive.default(1),
};
const clipping = (clip_sample: boolean) => ({
  clip_sample: flag.default(clip_sample),
  clip_sample_range: positive.default(1),
});
/** sigma_min and sigma_max are Euler's and UniPC's; Heun and DPM-Solver obey them where a file has them. */
const convertedSigmas = {
  use_karras_sigmas: maybeFlag,
  use_exponential_sigmas: maybeFlag,
  use_beta_sigmas: maybeFlag,
  sigma_min: positive.nullable().default(null),
  sigma_max: positive.nullable().default(null),
};
const finalSigma = { final_sigmas_type: oneOf('zero', 'sigma_min').default('zero') };

type Shape = Readonly<Record<string, z.ZodType>>;

/** The checks that need more than one option. */
function options<const S extends Shape>(shape: S) {
  return z.object(shape).superRefine((found, context) => {
    const all = found as Readonly<Record<string, unknown>>;
    const wrong = (option: string, want: string) =>
      context.addIssue({ code: 'custom', path: [option], message: want });
    const count = (all.trained_betas as readonly number[] | null)?.length;
    if (count !== undefined && count !== all.num_train_timesteps) {
      wrong('num_train_timesteps', `${count}, the number of trained_betas`);
    }
    const converted = ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'].filter(
      (key) => all[key],
    );
    if (converted.length > 1) wrong(converted[0]!, `false, because ${converted[1]} is true`);
    const algorithm = all.algorithm_type;
    if ((algorithm === 'dpmsolver' || algorithm === 'sde-dpmsolver') && all.final_sigmas_type === 'zero') {
      wrong('final_sigmas_type', `"sigma_min" with algorithm_type "${algorithm}"`);
    }
    if (algorithm === 'sde-dpmsolver' && all.solver_order === 3) {
      wrong('solver_order', `1 or 2 with algorithm_type "${algorithm}"`);
    }
  });
}

/** diffusers' default is −∞, which its files write as a bare `-Infinity`; null stands for it too. */
const lambdaMin = z
  .custom<number | null>((value) => value === null || (typeof value === 'number' && !Number.isNaN(value)), {
    error: 'a number or -Infinity',
  })
  .default(null)
  .transform((value) => value ?? Number.NEGATIVE_INFINITY);

export const ddimConfig = options({
  ...imageNoise,
  ...zeroSnr,
  ...clipping(true),
  ...thresholding,
  set_alpha_to_one: flag.default(true),
  prediction_type: anyPrediction,
  timestep_spacing: spacing.default('leading'),
});

export const pndmConfig = options({
  ...imageNoise,
  skip_prk_steps: flag.default(false),
  set_alpha_to_one: flag.default(false),
  prediction_type: noSamplePrediction,
  timestep_spacing: spacing.default('leading'),
});

export const eulerConfig = options({
  ...imageNoise,
  ...zeroSnr,
  ...convertedSigmas,
  ...finalSigma,
  prediction_type: anyPrediction,
  interpolation_type: oneOf('linear', 'log_linear').default('linear'),
  timestep_type: oneOf('discrete', 'continuous').default('discrete'),
  timestep_spacing: spacing.default('linspace'),
});

export const eulerAncestralConfig = options({
  ...imageNoise,
  ...zeroSnr,
  prediction_type: noSamplePrediction,
  timestep_spacing: spacing.default('linspace'),
});

export const heunConfig = options({
  ...noise(0.00085, 0.012, 'linear'),
  ...convertedSigmas,
  ...clipping(false),
  prediction_type: anyPrediction,
  timestep_spacing: spacing.default('linspace'),
});

export const dpmSolverConfig = options({
  ...imageNoise,
  ...zeroSnr,
  ...convertedSigmas,
  ...finalSigma,
  ...thresholding,
  solver_order: whole(1, 3).default(2),
  prediction_type: anyPrediction,
  // The names that diffusers maps: `deis` is DEIS's, `bh1`, `bh2` and `logrho` are UniPC's and DEIS's.
  algorithm_type: oneOf('dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++', 'deis')
    .default('dpmsolver++')
    .transform((value) => (value === 'deis' ? 'dpmsolver++' : value)),
  solver_type: oneOf('midpoint', 'heun', 'logrho', 'bh1', 'bh2')
    .default('midpoint')
    .transform((value) => (value === 'heun' ? value : 'midpoint')),
  lower_order_final: flag.default(true),
  euler_at_final: flag.default(false),
  use_lu_lambdas: maybeFlag,
  lambda_min_clipped: lambdaMin,
  timestep_spacing: spacing.default('linspace'),
  use_flow_sigmas: off,
  use_dynamic_shifting: off,
  variance_type: nothing,
});

export const unipcConfig = options({
  ...imageNoise,
  ...zeroSnr,
  ...convertedSigmas,
  ...finalSigma,
  ...thresholding,
  solver_order: whole(1, 5).default(2),
  prediction_type: anyPrediction,
  predict_x0: flag.default(true),
  solver_type: oneOf('bh1', 'bh2', 'midpoint', 'heun', 'logrho')
    .default('bh2')
    .transform((value) => (value === 'bh1' ? value : 'bh2')),
  lower_order_final: flag.default(true),
  disable_corrector: z.array(whole(0, 10_000), { error: 'a list of whole numbers' }).default([]),
  timestep_spacing: spacing.default('linspace'),
  solver_p: nothing,
  use_flow_sigmas: off,
  use_dynamic_shifting: off,
  shift_terminal: nothing,
});

export const lcmConfig = options({
  ...latentNoise,
  ...zeroSnr,
  ...clipping(false),
  ...thresholding,
  original_inference_steps: whole(1, 10_000).default(50),
  set_alpha_to_one: flag.default(true),
  prediction_type: anyPrediction,
  timestep_scaling: positive.default(10),
});

/** TCDScheduler has LCM's options too, and uses fewer of them. */
export const tcdConfig = options({
  ...latentNoise,
  ...zeroSnr,
  original_inference_steps: whole(1, 10_000).default(50),
  set_alpha_to_one: flag.default(true),
  prediction_type: anyPrediction,
});

/** Only what noises a picture: it is no scheduler to draw with here. */
export const ddpmConfig = options({ ...imageNoise, ...zeroSnr });
