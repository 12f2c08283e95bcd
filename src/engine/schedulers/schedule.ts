/** When and at which noise levels a scheduler calls the model. */
export interface Schedule {
  /** What the model is given at each step, from the noisiest; the whole chain, also for img2img. */
  readonly timesteps: readonly number[];
  /** The step to begin with: 0, or later for img2img, by strength. */
  readonly begin: number;
  /** One past the last step to do: all of them, or less where another model draws the rest. */
  readonly end: number;
  /**
   * ᾱ, the cumulative product of 1 − β, for each training timestep; 0 at the last one with zero terminal SNR.
   */
  readonly alphasCumprod: Float32Array;
  /** Training timesteps that a step goes back, for the schedulers that go by ᾱ. */
  readonly stride: number;
  /** σ = √((1 − ᾱ)/ᾱ) before each step and after the last, for the schedulers that go by σ; else empty. */
  readonly sigmas: Float32Array;
  /** What text-to-image noise is multiplied with before the first step. */
  readonly initNoiseSigma: number;
}
