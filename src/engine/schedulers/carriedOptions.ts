import { z } from 'zod';
import { UserError } from '../../errors.js';

/** Options by their names in scheduler_config.json, unchecked. */
export type Options = Readonly<Record<string, unknown>>;

const configFile = z.looseObject({ _use_default_values: z.array(z.string()).optional() });

const ofStableDiffusion: Options = { steps_offset: 1, clip_sample: false };
/** What diffusers' pipelines correct of a scheduler's options when they are made. */
const corrections: Readonly<Record<string, Options>> = {
  StableDiffusionPipeline: ofStableDiffusion,
  StableDiffusionImg2ImgPipeline: ofStableDiffusion,
  StableDiffusionInpaintPipeline: { steps_offset: 1, skip_prk_steps: true },
};

/**
 * The options that a checkpoint's pipeline hands on to a scheduler: the file's, but for those that it marks
 * as defaults, with the Stable Diffusion 1 and 2 pipelines' corrections of old files (as `steps_offset` 1,
 * `clip_sample` false). The checkpoint's own class has its defaults corrected too; to another class a default
 * does not carry over.
 *
 * @throws UserError `bad-model` when the file is not an object.
 */
export function carriedOptions(file: unknown, pipelineClass: string, ownClass: boolean): Options {
  const found = configFile.safeParse(file);
  if (!found.success) {
    throw new UserError(
      'bad-model',
      `Cannot read scheduler_config.json: found ${shown(file)}, want an object of options`,
    );
  }
  const defaults = new Set(found.data._use_default_values);
  const options = Object.fromEntries(Object.entries(found.data).filter(([key]) => !defaults.has(key)));
  const corrected = Object.entries(corrections[pipelineClass] ?? {}).filter(
    ([key]) => ownClass || key in options,
  );
  return { ...options, ...Object.fromEntries(corrected) };
}

/** A value found, short enough for a sentence. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
