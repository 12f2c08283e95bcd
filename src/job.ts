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
  'ddim_trailing', // DDIMScheduler, timestep_spacing="trailing": for Hyper-SD
  'euler_trailing', // EulerDiscreteScheduler, timestep_spacing="trailing": for SDXL-Lightning
] as const;
export type SchedulerName = (typeof schedulerNames)[number];

/**
 * How much speed is worth: `exact` computes what the checkpoint says, in its own numbers; `balanced` and `fast` save
 * work that changes little, and less little (docs/quality.md has what each gains and loses).
 */
export const qualities = ['exact', 'balanced', 'fast'] as const;
export type Quality = (typeof qualities)[number];

/** Where the networks run. `cuda:1` is the second GPU. */
export type Device = 'auto' | 'cpu' | 'webgpu' | 'cuda' | `cuda:${number}`;

/** A LoRA to draw with. */
export interface LoraUse {
  /** Its file's name in the `loras` folder of the models, without `.safetensors`. */
  readonly name: string;
  /** A file anywhere, which then counts instead of the name: the command line's alone, never what somebody typed. */
  readonly file?: string;
  /** How strongly, 1 as it was trained; may be negative. */
  readonly weight: number;
  /** The same of its text encoder parts; `weight` when left out. */
  readonly textWeight?: number;
}

/** A LoRA that a picture was drawn with. */
export interface DrawnLora extends Omit<LoraUse, 'file'> {
  /** As web UIs tell LoRAs apart: the first 12 hex digits of the SHA-256 of its tensors' bytes. */
  readonly hash: string;
}

/** What can be found in a picture for a ControlNet to see: edges by Canny's method, strokes as of a pen. */
export const controlDetectors = ['canny', 'scribble'] as const;
export type ControlDetector = (typeof controlDetectors)[number];

/** A ControlNet and the picture that it holds the drawing to. */
export interface Control {
  /** Its folder's or file's name in the `controlnets` folder of the models. */
  readonly name: string;
  /** A folder or file anywhere, which then counts instead of the name: the command line's alone. */
  readonly file?: string;
  /** What the ControlNet was trained to see: edges, depth, a scribble. Resized to the drawing's size. */
  readonly image: Pixels;
  /** `image` is a picture of anything, in which this is found first, once it has the drawing's size. */
  readonly detect?: ControlDetector;
  /** `controlnet_conditioning_scale`; 1 when left out. */
  readonly scale?: number;
  /** `control_guidance_start` and `control_guidance_end`: the part of all steps it acts in; 0 and 1 when left out. */
  readonly start?: number;
  readonly end?: number;
}

/** The ControlNet that a picture was drawn with, its own picture left out. */
export type DrawnControl = Required<Pick<Control, 'name' | 'scale' | 'start' | 'end'>> &
  Pick<Control, 'detect'>;

/** Hires fix: drawn at the request's size, its latents enlarged, and drawn again from there. */
export interface Hires {
  /** Times the width and the height, above 1. */
  readonly scale: number;
  /** How much is redrawn, 0 to 1; 0.7 when left out. */
  readonly strength?: number;
  /** Of the second drawing; the request's own when left out. */
  readonly steps?: number;
}

/** SDXL's second stage: another model draws the last steps. */
export interface Refiner {
  /** The model's name. */
  readonly name: string;
  /** A folder or file anywhere, which then counts instead of the name: never what somebody typed in a chat. */
  readonly file?: string;
  /** The part of the steps after which it takes over (`denoising_end` of the base); 0.8 when left out. */
  readonly start?: number;
}

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
  /** Which part of `init` to redraw, of its size: white is drawn anew, black stays (inpainting). */
  readonly mask?: Pixels;
  /** `image_guidance_scale` of an instruct-pix2pix model; 1.5 when left out. */
  readonly imageGuidance?: number;
  /** `noise_level` of Stable Diffusion's ×4 upscaler; 20 when left out. */
  readonly noiseLevel?: number;
  /** Mixes some of another seed's noise in (slerp): 0 is the seed's own picture, 1 the other's. */
  readonly variation?: { readonly seed: number; readonly strength: number };
  readonly hires?: Hires;
  readonly control?: Control;
  /** Besides those that the prompt names as `<lora:name:0.8>`. */
  readonly loras?: readonly LoraUse[];
  readonly refiner?: Refiner;
  /** Layers of CLIP left out at its end, as diffusers' `clip_skip`; 0 when left out. */
  readonly clipSkip?: number;
  /** `tiny` decodes with TAESD, where the models have it: faster, less exact. */
  readonly decoder?: 'full' | 'tiny';
  /** `exact` when left out. */
  readonly quality?: Quality;
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
  /** Left out where the model's own VAE decoded it. */
  readonly decoder?: 'tiny';
  /** Left out where it is `exact`. */
  readonly quality?: Exclude<Quality, 'exact'>;
  /** Of an instruct-pix2pix model alone. */
  readonly imageGuidance?: number;
  /** Of Stable Diffusion's ×4 upscaler alone. */
  readonly noiseLevel?: number;
  /** Those that the prompt names and those asked for besides; left out where there is none. */
  readonly loras?: readonly DrawnLora[];
  readonly control?: DrawnControl;
  /** Its pixels are then larger than `width` × `height`, which are of the first drawing. */
  readonly hires?: Required<Hires>;
  readonly variation?: DrawRequest['variation'];
  readonly refiner?: { readonly name: string; readonly start: number };
  /** Left out where it is 0. */
  readonly clipSkip?: number;
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
