import type { TensorInfo } from '../safetensors.js';

/** Names, or their beginnings and ends, that only one kind of file has. */
const kinds: readonly (readonly [mark: RegExp, what: string])[] = [
  [
    /^lora_(unet|te\d?|transformer)_|\.lora_(A|B|up|down)\.|\.lora\.(up|down)\.|\.hada_w\d|\.lokr_w\d/,
    'a LoRA',
  ],
  [/^(control_model\.|controlnet_down_blocks\.|input_hint_block\.)/, 'a ControlNet'],
  [/(^|\.)joint_blocks\.\d/, 'Stable Diffusion 3'],
  [/(^|\.)double_blocks\.\d/, 'Flux'],
  [/(^|\.)clip_txt_mapper\./, 'Stable Cascade'],
  [/^(emb_params|string_to_param|clip_[lg])$/, 'an embedding'],
  [
    /^(first_stage_model\.|vae\.)?(encoder|decoder)\.(down|up|mid|conv_in|down_blocks|up_blocks|mid_block)\b/,
    'a VAE',
  ],
  [/^(encoder|decoder)\.layers\.\d|^\d+\.conv\.\d/, 'a tiny autoencoder'],
  [/(^|\.)text_model\.|(^|\.)transformer\.resblocks\./, 'a text encoder'],
  [/^(model\.diffusion_model\.)?(down_blocks|input_blocks)\.\d/, 'a U-Net alone'],
];

/**
 * What a file of weights seems to be that is no whole model.
 *
 * @example whatItIs(tensors); // 'a LoRA'
 */
export function whatItIs(tensors: ReadonlyMap<string, TensorInfo>): string | undefined {
  const names = [...tensors.keys()];
  return kinds.find(([mark]) => names.some((name) => mark.test(name)))?.[1];
}
