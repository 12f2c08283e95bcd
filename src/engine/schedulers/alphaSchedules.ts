import { UserError } from '../../errors.js';
import { alphasCumprod, type BetaOptions } from './betas.js';
import type { Schedule } from './schedule.js';
import { round, type SpacingOptions, spacedTimesteps } from './spacing.js';

/** A schedule for the schedulers that go by ᾱ. */
function alphaSchedule(timesteps: readonly number[], steps: number, config: BetaOptions): Schedule {
  return {
    timesteps,
    begin: 0,
    end: timesteps.length,
    alphasCumprod: alphasCumprod(config),
    stride: Math.floor(config.num_train_timesteps / steps),
    sigmas: new Float32Array(),
    initNoiseSigma: 1,
  };
}

/**
 * Evenly spaced whole timesteps. Source: diffusers' `DDIMScheduler.set_timesteps`.
 *
 * @example ddimSchedule(20, config).timesteps; // [999, 949, …, 49] with trailing spacing
 */
export function ddimSchedule(steps: number, config: BetaOptions & SpacingOptions): Schedule {
  return alphaSchedule(spacedTimesteps(steps, config).map(round), steps, config);
}

/**
 * With `skip_prk_steps` the second timestep stands twice; else the first three steps take four calls each.
 * Source: diffusers' `PNDMScheduler.set_timesteps`.
 *
 * @throws UserError `bad-option` for less than four steps with a Runge–Kutta start.
 */
export function pndmSchedule(
  steps: number,
  config: BetaOptions & SpacingOptions & { readonly skip_prk_steps: boolean },
): Schedule {
  const spaced = spacedTimesteps(steps, config).map(round);
  if (config.skip_prk_steps) {
    return alphaSchedule([...spaced.slice(0, 2), ...spaced.slice(1)], steps, config);
  }
  if (steps < 4) {
    throw new UserError(
      'bad-option',
      `Cannot draw in ${steps} steps: the Runge–Kutta start of PNDMScheduler wants at least 4`,
    );
  }
  const half = Math.floor(Math.floor(config.num_train_timesteps / steps) / 2);
  const [t0, t1, t2, t3] = spaced as [number, number, number, number];
  const [h1, h2, h3] = [t1 + half, t2 + half, t3 + half];
  const start = [t0, h1, h1, t1, t1, h2, h2, t2, t2, h3, h3, t3];
  return alphaSchedule([...start, ...spaced.slice(3)], steps, config);
}

/**
 * LCM and TCD choose their timesteps among those of the distillation, which are `original_inference_steps`
 * many; in the latent consistency pipelines img2img makes that list shorter by `strength`. Source: diffusers'
 * `LCMScheduler.set_timesteps`, which `TCDScheduler`'s equals.
 *
 * @throws UserError `bad-option` for more steps than there are timesteps to choose from.
 */
export function consistencySchedule(
  steps: number,
  config: BetaOptions & { readonly original_inference_steps: number },
  strength: number,
): Schedule {
  const { original_inference_steps: original, num_train_timesteps: total } = config;
  const stride = Math.floor(total / original);
  const count = Math.trunc(original * strength);
  if (steps > count) {
    throw new UserError(
      'bad-option',
      `Cannot draw in ${steps} steps: a distilled model with ${count} timesteps to choose from wants no more than those`,
    );
  }
  const timesteps = Array.from({ length: steps }, (_, i) => {
    const index = Math.floor(i * (count / steps));
    return (count - index) * stride - 1;
  });
  return alphaSchedule(timesteps, steps, config);
}
