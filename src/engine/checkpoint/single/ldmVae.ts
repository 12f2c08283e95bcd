import type { TensorInfo } from '../safetensors.js';

const attentionParts: Readonly<Record<string, string>> = {
  norm: 'group_norm',
  q: 'to_q',
  k: 'to_k',
  v: 'to_v',
  proj_out: 'to_out.0',
};

/**
 * A VAE's tensors under the names that diffusers' `AutoencoderKL` has for them; names that are already so stay.
 *
 * Source: diffusers/loaders/single_file_utils.py, `convert_ldm_vae_checkpoint`.
 * @param tensors by LDM's names, without `first_stage_model.`
 * @example vaeNames(tensors).map(({ name }) => name); // ['encoder.down_blocks.0.resnets.0.conv1.weight', …]
 */
export function vaeNames(tensors: ReadonlyMap<string, TensorInfo>): TensorInfo[] {
  const levels = new Set<string>();
  for (const name of tensors.keys()) {
    const level = /^decoder\.up\.(\d+)\./.exec(name)?.[1];
    if (level) levels.add(level);
  }
  return [...tensors.values()].map((info) => {
    const name = newName(info.name, levels.size);
    const [rows, columns, ...ones] = info.shape;
    // Once 1×1 convolutions.
    const linear = /attentions\.0\.to_(q|k|v|out\.0)\.weight$/.test(name) && ones.length > 0;
    return linear && ones.every((one) => one === 1)
      ? { ...info, name, shape: [rows!, columns!] }
      : { ...info, name };
  });
}

function newName(name: string, levels: number): string {
  return name
    .replace(/^(encoder|decoder)\.norm_out\./, '$1.conv_norm_out.')
    .replace(/^(encoder|decoder)\.mid\.block_([12])\./, (_, half, i) => `${half}.mid_block.resnets.${i - 1}.`)
    .replace(
      /^(encoder|decoder)\.mid\.attn_1\.(norm|q|k|v|proj_out)\./,
      (_, half, part) => `${half}.mid_block.attentions.0.${attentionParts[part]}.`,
    )
    .replace(/^encoder\.down\.(\d+)\.block\./, 'encoder.down_blocks.$1.resnets.')
    .replace(/^encoder\.down\.(\d+)\.downsample\./, 'encoder.down_blocks.$1.downsamplers.0.')
    .replace(/^decoder\.up\.(\d+)\.block\./, (_, i) => `decoder.up_blocks.${levels - 1 - i}.resnets.`)
    .replace(/^decoder\.up\.(\d+)\.upsample\./, (_, i) => `decoder.up_blocks.${levels - 1 - i}.upsamplers.0.`)
    .replace(/\.nin_shortcut\./, '.conv_shortcut.');
}
