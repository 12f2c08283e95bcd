import { z } from 'zod';
import { either, only, real, whole } from './fields.js';

const side = whole(1, 1024);
const three = (least: number) =>
  z.tuple([real(least, 1000), real(least, 1000), real(least, 1000)], 'a list of 3');

/**
 * `feature_extractor/preprocessor_config.json` of transformers' `CLIPImageProcessor`, by which pictures are made ready
 * for the safety checker: what is supported of it, with the defaults of transformers 5.
 *
 * Source: transformers/models/clip/image_processing_pil_clip.py.
 */
export const ClipImageConfig = z
  .object(
    {
      /** Of the shorter side after resizing. Old files have a plain number. */
      size: either(
        side,
        z.object({ shortest_edge: side }, 'an object with shortest_edge'),
        'a whole number, or shortest_edge',
      ).default(224),
      crop_size: either(
        side,
        z.object({ height: side, width: side }, 'an object with height and width'),
        'a whole number, or height and width',
      ).default(224),
      do_resize: only(true).default(true),
      do_center_crop: only(true).default(true),
      do_rescale: only(true).default(true),
      do_normalize: only(true).default(true),
      /** Pillow's number for bicubic. */
      resample: only(3).default(3),
      rescale_factor: real(1e-6, 1).default(1 / 255),
      image_mean: three(-1000).default([0.48145466, 0.4578275, 0.40821073]),
      image_std: three(1e-6).default([0.26862954, 0.26130258, 0.27577711]),
    },
    'an object',
  )
  .superRefine(({ crop_size: crop }, context) => {
    if (typeof crop === 'number' || crop.height === crop.width) return;
    context.addIssue({
      code: 'custom',
      path: ['crop_size', 'width'],
      message: `${crop.height}, as its height is`,
    });
  })
  .transform(({ size, crop_size: crop, rescale_factor, image_mean, image_std }) => ({
    shortestEdge: typeof size === 'number' ? size : size.shortest_edge,
    crop: typeof crop === 'number' ? crop : crop.height,
    rescaleFactor: rescale_factor,
    mean: image_mean,
    std: image_std,
  }));
export type ClipImageConfig = z.infer<typeof ClipImageConfig>;
