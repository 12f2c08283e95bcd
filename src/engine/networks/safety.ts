/**
 * The network of diffusers' `StableDiffusionSafetyChecker`: CLIP's vision encoder, as transformers' `CLIPVisionModel`,
 * and a projection. What its embeddings mean is decided in ../concepts.ts.
 * Papers: Radford et al. 2021, arXiv 2103.00020; Rando et al. 2022, arXiv 2210.04610, on what the checker looks for.
 */
import type { SafetyCheckerConfig } from '../checkpoint/config/safetyChecker.js';
import { add, cast } from '../onnx/elementwise.js';
import { concat, rowAt } from '../onnx/layout.js';
import { clipLayer } from './clip.js';
import type { Params } from './target.js';

/**
 * Adds the network to `p.graph`: `pixel_values` float32 [1,3,S,S], one picture → `image_embeds` [1,P].
 *
 * @throws UserError `bad-model` where a tensor is missing or of another shape than the config says.
 * @example buildSafetyChecker(createParams(graph, weights, cpuTarget), config);
 */
export function buildSafetyChecker(p: Params, { projection_dim, vision }: SafetyCheckerConfig): void {
  const { graph, target: t } = p;
  const { hidden_size: d, image_size: side, patch_size: patch, layer_norm_eps: epsilon } = vision;
  const s = Math.floor(side / patch) ** 2 + 1;
  const model = p.scope('vision_model');
  const embeddings = model.scope('embeddings');

  const picture = t.toMap(graph.input('pixel_values', 'float32', [1, 3, side, side]));
  const spec = { in: 3, out: d, kernel: patch, stride: patch, pads: [0, 0, 0, 0], bias: false } as const;
  const patches = t.toTokens(t.conv(embeddings.scope('patch_embedding'), picture, spec)); // [1, S−1, D]
  const tokens = concat([embeddings.weight('class_embedding', [d], [1, 1, d]), patches], 1);
  const places = embeddings.weight('position_embedding.weight', [s, d], [1, s, d]);

  // Its name is misspelt in every file.
  let x = t.layerNorm(model.scope('pre_layrnorm'), add(tokens, places), d, epsilon); // [1, S, D]
  for (let i = 0; i < vision.num_hidden_layers; i++) {
    x = clipLayer(model.scope(`encoder.layers.${i}`), x, undefined, vision);
  }
  const pooled = t.layerNorm(model.scope('post_layernorm'), rowAt(x, 0), d, epsilon); // [1, D]
  const embeds = t.linear(p.scope('visual_projection'), pooled, { in: d, out: projection_dim, bias: false });
  graph.output('image_embeds', cast(embeds, 'float32')); // [1, P]
}
