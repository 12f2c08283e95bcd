import { parseValue } from '../config/parseConfig.js';
import { VaeConfig } from '../config/vae.js';
import { refuse } from '../refuse.js';
import type { TensorInfo } from '../safetensors.js';

/** What a VAE's tensors do not tell. */
export interface VaeHints {
  readonly scalingFactor: number;
  /** Whether its values may pass what half floats hold. */
  readonly upcast: boolean;
  /** Pixels of the pictures it was trained with. */
  readonly sampleSize: number;
}

/**
 * `vae/config.json` as diffusers would have it, from the names and shapes of a VAE's tensors.
 *
 * @param tensors by diffusers' names
 * @param file named in what is refused
 * @throws UserError `bad-model` where the tensors are no VAE that is supported
 * @example vaeConfigOf(tensors, { scalingFactor: 0.18215, upcast: false, sampleSize: 512 }, file).latent_channels; // 4
 */
export function vaeConfigOf(
  tensors: ReadonlyMap<string, TensorInfo>,
  { scalingFactor, upcast, sampleSize }: VaeHints,
  file: string,
): VaeConfig {
  const shape = (name: string): readonly number[] =>
    tensors.get(name)?.shape ?? refuse(file, `its VAE has no ${name}`, 'one');
  const count = (next: (i: number) => string): number => {
    let i = 0;
    while (tensors.has(next(i))) i++;
    return i;
  };
  const levels = count((i) => `decoder.up_blocks.${i}.resnets.0.conv1.weight`);
  const layers = count((i) => `decoder.up_blocks.0.resnets.${i}.conv1.weight`);
  if (levels === 0 || layers < 2)
    refuse(file, 'its VAE has no decoder.up_blocks.0', 'one of two resnets or more');
  const channels = Array.from(
    { length: levels },
    (_, i) => shape(`decoder.up_blocks.${levels - 1 - i}.resnets.0.conv2.weight`)[0],
  );
  const config = {
    in_channels: tensors.get('encoder.conv_in.weight')?.shape[1] ?? 3,
    out_channels: shape('decoder.conv_out.weight')[0],
    down_block_types: channels.map(() => 'DownEncoderBlock2D'),
    up_block_types: channels.map(() => 'UpDecoderBlock2D'),
    block_out_channels: channels,
    layers_per_block: layers - 1,
    latent_channels: shape('decoder.conv_in.weight')[1],
    sample_size: sampleSize,
    scaling_factor: scalingFactor,
    force_upcast: upcast,
    use_quant_conv: tensors.has('quant_conv.weight'),
    use_post_quant_conv: tensors.has('post_quant_conv.weight'),
    mid_block_add_attention: tensors.has('decoder.mid_block.attentions.0.to_q.weight'),
  };
  return parseValue(VaeConfig, config, file, 'its VAE: ');
}
