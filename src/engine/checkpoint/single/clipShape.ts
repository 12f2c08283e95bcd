import { ClipTextConfig } from '../config/clipText.js';
import { parseValue } from '../config/parseConfig.js';
import { refuse } from '../refuse.js';
import type { TensorInfo } from '../safetensors.js';

/** Every CLIP that Stable Diffusion has: ViT-L, OpenCLIP's ViT-H and ViT-bigG. */
const headChannels = 64;

/**
 * `text_encoder/config.json` as transformers would have it, from the names and shapes of an encoder's tensors.
 *
 * @param tensors by transformers' names
 * @param activation OpenAI's encoders have `quick_gelu`, OpenCLIP's `gelu`
 * @param projected channels of `text_embeds`, where the encoder has them
 * @param file named in what is refused
 * @throws UserError `bad-model` where the tensors are no text encoder that is supported
 * @example clipConfigOf(tensors, 'quick_gelu', undefined, file).hidden_size; // 768
 */
export function clipConfigOf(
  tensors: ReadonlyMap<string, TensorInfo>,
  activation: 'quick_gelu' | 'gelu',
  projected: number | undefined,
  file: string,
): ClipTextConfig {
  const shape = (name: string): readonly number[] =>
    tensors.get(`text_model.${name}`)?.shape ?? refuse(file, `its text encoder has no ${name}`, 'one');
  let layers = 0;
  while (tensors.has(`text_model.encoder.layers.${layers}.layer_norm1.weight`)) layers++;
  const [words, size] = shape('embeddings.token_embedding.weight');
  const config = {
    vocab_size: words,
    hidden_size: size,
    intermediate_size: shape('encoder.layers.0.mlp.fc1.weight')[0],
    num_hidden_layers: layers,
    num_attention_heads: Math.max(1, Math.floor((size ?? 0) / headChannels)),
    max_position_embeddings: shape('embeddings.position_embedding.weight')[0],
    hidden_act: activation,
    ...(projected !== undefined && { projection_dim: projected }),
  };
  return parseValue(ClipTextConfig, config, file, 'its text encoder: ');
}
