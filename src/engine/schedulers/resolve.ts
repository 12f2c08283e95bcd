import { UserError } from '../../errors.js';
import type { SchedulerName } from '../../job.js';
import { carriedOptions, type Options, shown } from './carriedOptions.js';
import { type CommonConfig, type NewNoise, type SchedulerClass, schedulerClasses } from './classes.js';
import { add, mul } from './float32.js';
import { type Part, partOf } from './part.js';
import type { PredictionType } from './prediction.js';
import type { Schedule } from './schedule.js';
import type { Scheduler } from './scheduler.js';

/** A scheduler with its options settled. */
export interface Resolved {
  /** The diffusers class. */
  readonly className: string;
  readonly run: Scheduler;
  /** What it takes the model's output for. */
  readonly prediction: PredictionType;
  /** How much of the noise between its steps it draws anew. */
  readonly noise: NewNoise;
  /**
   * The timesteps and noise levels for 1 to `num_train_timesteps` steps; with a strength (img2img) it begins
   * later, by diffusers' `get_timesteps`: at strength 0, or where steps · strength is below 1, no step is
   * left. Of `part` only its steps are left, with a `start` whatever the strength.
   *
   * @throws UserError `bad-option` when the scheduler cannot do so many steps.
   */
  schedule(steps: number, strength?: number, part?: Part): Schedule;
  /** How often `run` calls the model. */
  calls(schedule: Schedule): number;
  /** The timestep of each of these calls, in order. */
  callTimesteps(schedule: Schedule): readonly number[];
  /**
   * What `run` starts from: the noise `[C·h·w]`, or with `init` (img2img) the picture's latents with the
   * noise of the first step that is left; `init` itself when none is left.
   */
  start(noise: Float32Array, schedule: Schedule, init?: Float32Array): Float32Array;
  /** A picture's latents with the noise that `run`'s x has at a step of the schedule; past the last step as they are. */
  noised(init: Float32Array, noise: Float32Array, schedule: Schedule, step: number): Float32Array;
}

const distilled = new Set(['LCMScheduler', 'TCDScheduler']);

/** The class behind each name of a request, and what the name adds to its options. */
const byName: Readonly<Record<SchedulerName, { readonly className: string; readonly options?: Options }>> = {
  ddim: { className: 'DDIMScheduler' },
  ddim_trailing: { className: 'DDIMScheduler', options: { timestep_spacing: 'trailing' } },
  pndm: { className: 'PNDMScheduler' },
  euler: { className: 'EulerDiscreteScheduler' },
  euler_trailing: { className: 'EulerDiscreteScheduler', options: { timestep_spacing: 'trailing' } },
  euler_a: { className: 'EulerAncestralDiscreteScheduler' },
  heun: { className: 'HeunDiscreteScheduler' },
  dpmpp_2m: { className: 'DPMSolverMultistepScheduler' },
  dpmpp_2m_karras: { className: 'DPMSolverMultistepScheduler', options: { use_karras_sigmas: true } },
  dpmpp_2m_sde: { className: 'DPMSolverMultistepScheduler', options: { algorithm_type: 'sde-dpmsolver++' } },
  unipc: { className: 'UniPCMultistepScheduler' },
  lcm: { className: 'LCMScheduler' },
  tcd: { className: 'TCDScheduler' },
};

/**
 * The scheduler of a request.
 *
 * Without a name: what the checkpoint says, run as diffusers' pipeline runs it. With a name: that class made
 * by `from_config(pipe.scheduler.config)`, so keys in the file carry over and absent ones have the class's
 * defaults. Source: diffusers' `ConfigMixin.extract_init_dict`, `StableDiffusionPipeline.__init__`.
 *
 * @param file scheduler_config.json, parsed, with the `_class_name` that model_index.json says
 * @param pipelineClass `_class_name` of model_index.json, as `StableDiffusionPipeline`
 * @throws UserError `bad-model` naming the class or the option, the value found and the value wanted.
 * @example
 * const scheduler = resolveScheduler(file, 'euler_a', 'StableDiffusionPipeline');
 * const schedule = scheduler.schedule(20);
 * const latents = await scheduler.run(denoise, scheduler.start(randn(count), schedule), schedule, { noise: randn });
 */
export function resolveScheduler(
  file: unknown,
  name: SchedulerName | undefined,
  pipelineClass: string,
): Resolved {
  const carried = carriedOptions(file, pipelineClass, name === undefined);
  const className = name ? byName[name].className : carried._class_name;
  const parts = schedulerClasses.get(className as string);
  if (!parts) {
    const known = [...schedulerClasses.keys()].join(', ');
    throw new UserError(
      'bad-model',
      `Cannot use the model's scheduler: it is ${shown(className)}, want one of ${known}`,
    );
  }
  const config = checked(parts, { ...carried, ...(name && byName[name].options) });
  // The latent consistency pipelines hand the strength to their scheduler, which spreads its steps over what
  // is left.
  const inside = distilled.has(parts.className) && pipelineClass.startsWith('LatentConsistencyModel');
  function noised(init: Float32Array, noise: Float32Array, schedule: Schedule, step: number) {
    if (step >= schedule.timesteps.length) return init;
    const { alpha, sigma } = parts!.mix({ ...schedule, begin: step });
    return add(mul(alpha, init), mul(sigma, noise));
  }

  // Two calls a step but for the last, as diffusers counts its timesteps: the second is at the next step's.
  const twice = parts.order === 2;
  const calls = ({ begin, end }: Schedule) => (twice ? Math.max(0, 2 * (end - begin) - 1) : end - begin);

  return {
    className: parts.className,
    run: parts.create(config),
    noise: parts.noise?.(config) ?? 'none',
    // Each class's options allow no other.
    prediction: config.prediction_type as PredictionType,
    schedule(steps, strength = 1, part = {}) {
      limitSteps(steps, config);
      const schedule = parts.schedule(steps, config, inside ? strength : 1);
      checkTimesteps(steps, schedule, config);
      const begin = inside ? 0 : steps - Math.min(Math.trunc(steps * strength), steps);
      return partOf({ ...schedule, begin }, part, { ...config, order: parts.order ?? 1 });
    },
    calls,
    callTimesteps(schedule) {
      const step = (n: number) => schedule.begin + (twice ? Math.ceil(n / 2) : n);
      return Array.from({ length: calls(schedule) }, (_, n) => schedule.timesteps[step(n)]!);
    },
    start(noise, schedule, init) {
      if (!init) return mul(noise, schedule.initNoiseSigma);
      return noised(init, noise, schedule, schedule.begin);
    },
    noised,
  };
}

function checked({ className, config }: SchedulerClass, options: Options): CommonConfig {
  const result = config.safeParse(options);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], options);
  throw new UserError(
    'bad-model',
    `Cannot set up ${className}: ${path.join('.')} is ${shown(value)}, want ${message}`,
  );
}

function limitSteps(steps: number, { num_train_timesteps: most }: CommonConfig): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return;
  throw new UserError(
    'bad-option',
    `Cannot draw in ${steps} steps: this model wants a whole number from 1 to ${most}`,
  );
}

function checkTimesteps(steps: number, schedule: Schedule, config: CommonConfig): void {
  if (schedule.sigmas.length > 0) return;
  const { alphasCumprod, timesteps } = schedule;
  const outside = timesteps.find((timestep) => alphasCumprod[timestep] === undefined);
  if (outside !== undefined) {
    throw new UserError(
      'bad-option',
      `Cannot draw in ${steps} steps: they reach timestep ${outside}, want at most ${alphasCumprod.length - 1}`,
    );
  }
  if (config.prediction_type === 'epsilon' && timesteps.some((timestep) => alphasCumprod[timestep] === 0)) {
    throw new UserError(
      'bad-model',
      'Cannot draw with zero terminal SNR: prediction_type is "epsilon", which tells nothing there, want "v_prediction"',
    );
  }
}
