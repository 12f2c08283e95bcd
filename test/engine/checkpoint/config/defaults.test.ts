import { expect, test } from 'vitest';
import type { z } from 'zod';
import { BertConfig } from '../../../../src/engine/checkpoint/config/bert.js';
import { ClipTextConfig } from '../../../../src/engine/checkpoint/config/clipText.js';
import { ControlNetConfig } from '../../../../src/engine/checkpoint/config/controlnet.js';
import { UNetConfig } from '../../../../src/engine/checkpoint/config/unet.js';
import { VaeConfig } from '../../../../src/engine/checkpoint/config/vae.js';
import { TinyVaeConfig } from '../../../../src/engine/checkpoint/config/vaeTiny.js';
import { recorded } from './recorded.js';

test.each<[className: keyof typeof recorded.defaults, schema: z.ZodType<object>, keys: number]>([
  ['UNet2DConditionModel', UNetConfig, 46],
  ['ControlNetModel', ControlNetConfig, 31],
  ['AutoencoderKL', VaeConfig, 18],
  ['AutoencoderTiny', TinyVaeConfig, 15],
  ['CLIPTextConfig', ClipTextConfig, 12],
  ['BertConfig', BertConfig, 11],
])('what a config leaves out is as in %s', (className, schema, keys) => {
  const theirs: Record<string, unknown> = recorded.defaults[className];
  const ours = Object.entries(schema.parse({})).filter(([key]) => key in theirs);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(ours.map(([key]) => [key, theirs[key]])));
  // Were a key misspelt, it would be compared with nothing.
  expect(ours).toHaveLength(keys);
});
