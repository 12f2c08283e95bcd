import { quote, refuse } from './refuse.js';
import type { TensorInfo } from './safetensors.js';

const oldAttention =
  /^((?:encoder|decoder)\.mid_block\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/;
const newAttention: Record<string, string> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

const attentionWeight = /^(?:encoder|decoder)\.mid_block\.attentions\.\d+\.to_(?:q|k|v|out\.0)\.weight$/;

/**
 * Gives tensors the names that diffusers' and transformers' present classes have, whatever the file calls them:
 * CLIP text encoders with or without `text_model.`, BERT with or without `bert.`, the VAE's attention as it was named
 * before diffusers 0.18, or as 1×1 convolutions, and the safety checker's encoder as it was one level deeper before
 * transformers 5. Constant buffers (`position_ids`) are left out.
 *
 * @throws UserError `bad-model` when two tensors come to have one name.
 * @example canonicalNames(tensors).has('text_model.final_layer_norm.weight');
 */
export function canonicalNames(tensors: Iterable<TensorInfo>): Map<string, TensorInfo> {
  const all = [...tensors].filter(({ name }) => !/(^|\.)position_ids$/.test(name));
  // By its own tensor, as `encoder.layers.` alone is AutoencoderTiny's too.
  const bareClip = all.some(({ name }) => name === 'embeddings.token_embedding.weight');
  const renamed = new Map<string, TensorInfo>();
  for (const info of all) {
    const canonical = asPresent(bareClip ? { ...info, name: clipName(info.name) } : info);
    const before = renamed.get(canonical.name);
    if (before) refuse(info.file, `it has ${quote(canonical.name)} under two names`, 'each tensor once');
    renamed.set(canonical.name, canonical);
  }
  return renamed;
}

function clipName(name: string): string {
  return /^(embeddings|encoder|final_layer_norm)\./.test(name) ? `text_model.${name}` : name;
}

function asPresent(info: TensorInfo): TensorInfo {
  const name = info.name
    .replace(/^bert\./, '')
    .replace(/^vision_model\.vision_model\./, 'vision_model.')
    .replace(/\.LayerNorm\.gamma$/, '.LayerNorm.weight')
    .replace(/\.LayerNorm\.beta$/, '.LayerNorm.bias')
    .replace(oldAttention, (_, block, part, kind) => `${block}.${newAttention[part]}.${kind}`);
  const [rows, columns, height, width] = info.shape;
  if (info.shape.length === 4 && height === 1 && width === 1 && attentionWeight.test(name)) {
    return { ...info, name, shape: [rows!, columns!] };
  }
  return name === info.name ? info : { ...info, name };
}
