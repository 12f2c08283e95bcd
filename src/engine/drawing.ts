import type { Device, DrawRequest, Picture, Progress, Quality } from '../job.js';

/** What a loaded model is and draws when nothing else is asked. Plain data: it crosses the process border. */
export interface ModelFacts {
  /** The checkpoint's folder name, as it is put on pictures. */
  readonly model: string;
  /** diffusers' pipeline class, as `StableDiffusionXLPipeline`. */
  readonly pipelineClass: string;
  /** SHA-256, in hex, over the content of all weights that take part in drawing, however their files are called. */
  readonly hash: string;
  /** Where the networks really run, as `cpu` or `cuda:0`; never `auto`. */
  readonly device: string;
  /** Pixels of the model's own size. */
  readonly width: number;
  readonly height: number;
  /** Width and height must be multiples of this many pixels. */
  readonly multiple: number;
  readonly steps: number;
  readonly guidance: number;
  /** How many jobs of the model's own size are worth running at once: guessed, or measured once it was warmed up. */
  readonly slots: number;
  /** Whether each picture is looked at by the checkpoint's own safety checker. */
  readonly checked: boolean;
  /** What the model can be asked for. */
  readonly tasks: readonly Task[];
  /** How many times as large a picture comes out, on each side, where that is the task. */
  readonly scale?: number;
  /** There `width` and `height` of a request are those that come out, whatever they are; else those that are drawn at. */
  readonly resizes?: boolean;
}

/**
 * What a model can be asked for: `text` (a prompt alone), `picture` (img2img), `mask` (inpainting), `instruct` (a
 * picture and how to change it: instruct-pix2pix), `upscale` (a picture, four times as large or as the network has it).
 */
export type Task = 'text' | 'picture' | 'mask' | 'instruct' | 'upscale';

/** Pixels of a picture, for warming up. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a model is warmed up with: a size, and how much speed is worth, `exact` when left out. */
export interface WarmUp extends Size {
  readonly quality?: Quality;
}

/** How one draw is followed and stopped. */
export interface DrawHooks {
  /** Honoured between steps: the draw then rejects with a UserError `cancelled`. */
  readonly signal: AbortSignal;
  /** Told after each step; may be called as often as there are steps. */
  onProgress?(progress: Progress): void;
  /** Whether `Progress.preview` is wanted; a model with a safety checker gives one only where `allowFlagged` is asked for. */
  readonly preview: boolean;
}

/** Prompt to pixels, inside the engine's process. Several draws may be under way at once. */
export interface Pipeline {
  /** As they are known by now: warming up may change `slots`. */
  readonly facts: ModelFacts;
  draw(request: DrawRequest, hooks: DrawHooks): Promise<Picture>;
  /**
   * Runs the networks once for each size, so that the first person waits no longer than the second. What is asked for
   * at one of these sizes meanwhile is drawn after that.
   */
  warm?(sizes: readonly WarmUp[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Told around every native call that blocks the thread (`session.run()`, session creation): the watchdog ends the
 * process when one never comes back.
 *
 * @example
 * await marks.ready();
 * marks.began(firstOfItsShape ? 5 : 1);
 * try { return await session.run(feeds); } finally { marks.ended(); }
 */
export interface RunMarks {
  /**
   * Resolves when everything sent has left the process and everything received was seen. Awaited before each call:
   * a blocked thread sends nothing, so a finished picture would wait out its neighbours' steps in a half-full pipe.
   */
  ready(): Promise<void>;
  /** `patience` multiplies the seconds a run may take: above 1 for a load, or for the first run of a shape. */
  began(patience?: number): void;
  ended(): void;
}

export interface PipelineOptions {
  /** The checkpoint's folder, or its single file. */
  readonly model: string;
  /**
   * Folders of models: besides models they hold `loras`, `embeddings`, `vae`, `controlnets` and `upscalers`, by whose
   * files' names a request asks for them. None when left out.
   */
  readonly modelFolders?: readonly string[];
  /** A VAE to decode with in place of the checkpoint's own: a folder or a file. */
  readonly vae?: string;
  /** Megabytes of memory that opened networks may take: what was used longest ago is closed first. No limit when left out. */
  readonly memoryBudgetMb?: number;
  readonly device: Device;
  readonly cacheFolder: string;
  /** Threads of the CPU provider; the machine's cores when left out. */
  readonly threads?: number;
  readonly onRun?: RunMarks;
}

/** What the engine's process imports: a module exporting `openPipeline` of this type. */
export type OpenPipeline = (options: PipelineOptions) => Promise<Pipeline>;
