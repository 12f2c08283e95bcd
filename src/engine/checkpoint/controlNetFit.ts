import { UserError } from '../../errors.js';
import { type ControlNetConfig, controlFactor } from './config/controlnet.js';
import { unetLevels } from './config/unetLevels.js';
import type { Checkpoint } from './folder.js';
import { quote } from './refuse.js';

/**
 * Refuses a ControlNet that was trained for another kind of model: what it takes must be there, and what it gives must
 * have the sizes of what it is added to.
 *
 * @param name as it was asked for
 * @throws UserError `bad-option` naming the first key that differs, with both values.
 */
export function refuseOtherControlNet(
  name: string,
  control: ControlNetConfig,
  {
    unet: { config: unet },
    vaeScaleFactor,
    name: model,
  }: Pick<Checkpoint, 'unet' | 'vaeScaleFactor' | 'name'>,
): void {
  const same = (key: string, found: unknown, wanted: unknown): void => {
    if (String(found) === String(wanted)) return;
    throw new UserError(
      'bad-option',
      `Cannot draw with ControlNet ${quote(name)}: its ${key} is ${shown(found)}, want ${shown(wanted)} as ${model} has`,
    );
  };
  const layers = (config: ControlNetConfig | typeof unet) =>
    unetLevels(config).down.map(({ transformerLayers }) => transformerLayers.length);
  const looksAtText = [...control.down_block_types, control.mid_block_type].some((type) =>
    type.includes('Cross'),
  );

  same('block_out_channels', control.block_out_channels, unet.block_out_channels);
  same('layers_per_block', layers(control), layers(unet));
  if (looksAtText)
    same('cross_attention_dim', widest(control.cross_attention_dim), widest(unet.cross_attention_dim));
  // An inpainting model's further channels are none of its business.
  same('in_channels', control.in_channels, unet.out_channels);
  if (control.addition_embed_type) {
    same('addition_embed_type', control.addition_embed_type, unet.addition_embed_type);
    for (const key of ['addition_time_embed_dim', 'projection_class_embeddings_input_dim'] as const)
      same(key, control[key], unet[key]);
  }
  same('class_embed_type', control.class_embed_type, null);
  same('num_class_embeds', control.num_class_embeds, null);
  same('scale of pixels to a latent', controlFactor(control), vaeScaleFactor);
}

const widest = (dim: number | readonly number[]): number => Math.max(...[dim].flat());

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
