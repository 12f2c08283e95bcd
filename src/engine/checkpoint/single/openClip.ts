import type { TensorInfo } from '../safetensors.js';

const fixed: Readonly<Record<string, string>> = {
  positional_embedding: 'text_model.embeddings.position_embedding.weight',
  'token_embedding.weight': 'text_model.embeddings.token_embedding.weight',
  'ln_final.weight': 'text_model.final_layer_norm.weight',
  'ln_final.bias': 'text_model.final_layer_norm.bias',
};

const layerParts: Readonly<Record<string, string>> = {
  'attn.out_proj': 'self_attn.out_proj',
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2',
};

/** A text encoder's tensors, and the one that is stored the other way round. */
export interface OpenClipTensors {
  readonly tensors: readonly TensorInfo[];
  /** [in, out], where transformers has [out, in]. */
  readonly projection: TensorInfo | undefined;
}

/**
 * OpenCLIP's text encoder under the names that transformers' `CLIPTextModelWithProjection` has for its tensors. Query,
 * key and value, which lie in one tensor, become three of a third of its bytes: none is copied.
 *
 * Source: diffusers/loaders/single_file_utils.py, `convert_open_clip_checkpoint`.
 * @param tensors by OpenCLIP's names, without `cond_stage_model.model.` or `conditioner.embedders.1.model.`
 * @param most layers that are used; those after them are left out
 * @example openClipNames(tensors, 23).tensors[0]!.name; // 'text_model.encoder.layers.0.self_attn.q_proj.bias'
 */
export function openClipNames(tensors: ReadonlyMap<string, TensorInfo>, most: number): OpenClipTensors {
  const renamed: TensorInfo[] = [];
  for (const info of tensors.values()) {
    const name = fixed[info.name];
    if (name) renamed.push({ ...info, name });
    const [, layer, rest] = /^transformer\.resblocks\.(\d+)\.(.+)$/.exec(info.name) ?? [];
    if (rest && Number(layer) < most)
      renamed.push(...layerTensors(info, `text_model.encoder.layers.${layer}`, rest));
  }
  return { tensors: renamed, projection: tensors.get('text_projection') };
}

function layerTensors(info: TensorInfo, layer: string, rest: string): TensorInfo[] {
  const together = /^attn\.in_proj_(weight|bias)$/.exec(rest)?.[1];
  if (together) return thirds(info, (part) => `${layer}.self_attn.${part}_proj.${together}`);
  const [, part, kind] = /^(.+)\.(weight|bias)$/.exec(rest) ?? [];
  const name = part && layerParts[part];
  return name ? [{ ...info, name: `${layer}.${name}.${kind}` }] : [];
}

/** Rows of one tensor as three; the whole where they are no multiple of three, which its use will refuse. */
function thirds(info: TensorInfo, name: (part: string) => string): TensorInfo[] {
  const [rows, ...columns] = info.shape;
  if (rows === undefined || rows % 3 !== 0) return [{ ...info, name: name('q') }];
  const length = info.length / 3;
  return ['q', 'k', 'v'].map((part, i) => ({
    ...info,
    name: name(part),
    shape: [rows / 3, ...columns],
    offset: info.offset + i * length,
    length,
  }));
}
