/** 8-bit RGB, rows from the top, no padding: `data.length === width * height * 3`. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The schedulers a request may name; each is the diffusers class in the comment. */
export const schedulerNames = [
  'ddim', // DDIMScheduler
  'pndm', // PNDMScheduler
  'euler', // EulerDiscreteScheduler
  'euler_a', // EulerAncestralDiscreteScheduler
  'heun', // HeunDiscreteScheduler
  'dpmpp_2m', // DPMSolverMultistepScheduler
  'dpmpp_2m_karras', // DPMSolverMultistepScheduler, use_karras_sigmas
  'dpmpp_2m_sde', // DPMSolverMultistepScheduler, sde-dpmsolver++
  'unipc', // UniPCMultistepScheduler
  'lcm', // LCMScheduler
  'tcd', // TCDScheduler
] as const;
export type SchedulerName = (typeof schedulerNames)[number];

/** Where the networks run. `cuda:1` is the second GPU. */
export type Device = 'auto' | 'cpu' | 'webgpu' | 'cuda' | `cuda:${number}`;

/** What to draw. What is left out comes from the model's own defaults, then from diffusers' for its pipeline. */
export interface DrawRequest {
  readonly prompt: string;
  /** Left out and `''` differ: SDXL zeroes the unconditional states only when none was given, as diffusers does. */
  readonly negative?: string;
  readonly width?: number;
  readonly height?: number;
  readonly steps?: number;
  readonly guidance?: number;
  /** How far guidance's overexposure is taken back, 0 (the usual) to 1. */
  readonly guidanceRescale?: number;
  /** 0 to 2³²−1; drawn at random when left out. */
  readonly seed?: number;
  readonly scheduler?: SchedulerName;
  /** The picture to start from (img2img). */
  readonly init?: Pixels;
  /** How much of `init` to redraw, 0 to 1. */
  readonly strength?: number;
  /**
   * Whether the pixels, and the previews, of a picture that the model's safety checker flags are wanted all the same;
   * else such a picture is black. The verdict is given either way.
   */
  readonly allowFlagged?: boolean;
}

/** Milliseconds spent on one picture; `load` is 0 when the model was warm. */
export interface Timings {
  readonly load: number;
  readonly encode: number;
  readonly denoise: number;
  readonly decode: number;
}

/** A drawn picture with every setting that made it, so that it can be drawn again. */
export interface Picture {
  readonly pixels: Pixels;
  readonly prompt: string;
  readonly negative?: string;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly guidance: number;
  /** Left out where it is 0. */
  readonly guidanceRescale?: number;
  readonly seed: number;
  /** The scheduler as requested, or the diffusers class that the checkpoint's own config names. */
  readonly scheduler: string;
  readonly strength?: number;
  readonly model: string;
  readonly device: string;
  readonly timings: Timings;
  /** Most other jobs that shared one call of the U-Net with this one; 0 where it was always alone. */
  readonly mates: number;
  readonly verdict: Verdict;
  /** Sentences for the person, as "The prompt was cut at 24 tokens: …". */
  readonly warnings: readonly string[];
}

/** Where a job is; never backwards, but for `running → queued` with the next attempt. */
export type JobState = 'queued' | 'running' | 'drawn' | 'delivered' | 'failed' | 'cancelled';

/** What the picture's safety checker said; `unchecked` where the model has none. */
export type Verdict = 'safe' | 'flagged' | 'unchecked';

/** Told after each step; `preview` is a small picture made cheaply from the latents. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly preview?: Pixels;
}
