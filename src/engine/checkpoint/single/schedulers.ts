/** How a model was trained to say what it sees in the noise. */
export interface Prediction {
  readonly type: 'epsilon' | 'v_prediction' | 'sample';
  /** The last step is noise alone. */
  readonly zeroSnr: boolean;
}

const kept = {
  ...{ beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', num_train_timesteps: 1000 },
  // Even what a class has no use for: another scheduler that a request names takes it over.
  ...{ trained_betas: null, set_alpha_to_one: false, skip_prk_steps: true, steps_offset: 1 },
};
const sampled = { interpolation_type: 'linear', sample_max_value: 1, use_karras_sigmas: false };

/** What the upscaler's small picture is noised by: `low_res_scheduler`. */
export const noiseScheduler = {
  ...{ _class_name: 'DDPMScheduler', beta_start: 0.0001, beta_end: 0.02, beta_schedule: 'scaled_linear' },
  ...{
    num_train_timesteps: 1000,
    clip_sample: true,
    prediction_type: 'epsilon',
    variance_type: 'fixed_small',
  },
  trained_betas: null,
};

/**
 * `scheduler_config.json` of the checkpoints on the hub that diffusers takes the rest of a single file from, so that a
 * file is drawn with as `from_single_file` does.
 *
 * Source: `DIFFUSERS_DEFAULT_PIPELINE_PATHS` in diffusers/loaders/single_file_utils.py.
 * @example schedulerOf('sd', { type: 'epsilon', zeroSnr: false })._class_name; // 'PNDMScheduler'
 */
export function schedulerOf(
  family: 'sd' | 'xl' | 'upscaler' | 'instruct' | 'turbo' | 'xl-turbo',
  { type, zeroSnr }: Prediction,
): Record<string, unknown> {
  const common = { ...kept, prediction_type: type };
  // As the paper has it: with the usual spacing no step would begin with noise alone.
  const rescaled = zeroSnr ? { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' } : {};
  switch (family) {
    case 'sd': {
      const className = type === 'epsilon' && !zeroSnr ? 'PNDMScheduler' : 'DDIMScheduler';
      return { _class_name: className, ...common, clip_sample: false, ...rescaled };
    }
    case 'xl': {
      const own = { clip_sample: false, timestep_spacing: 'leading' };
      return { _class_name: 'EulerDiscreteScheduler', ...common, ...sampled, ...own, ...rescaled };
    }
    case 'turbo':
    case 'xl-turbo': {
      const className = family === 'turbo' ? 'EulerDiscreteScheduler' : 'EulerAncestralDiscreteScheduler';
      return { _class_name: className, ...common, ...sampled, timestep_spacing: 'trailing' };
    }
    case 'instruct':
      return { _class_name: 'EulerAncestralDiscreteScheduler', ...common, clip_sample: false };
    case 'upscaler':
      return {
        _class_name: 'DDIMScheduler',
        ...common,
        clip_sample: false,
        beta_start: 0.0001,
        beta_end: 0.02,
      };
  }
}
