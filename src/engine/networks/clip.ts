/**
 * CLIP's text encoder, as transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`.
 * Papers: Radford et al. 2021, arXiv 2103.00020; OpenCLIP's H and bigG differ in sizes and activation only.
 */
import type { ClipTextConfig } from '../checkpoint/config/clipText.js';
import { bytesOf } from '../onnx/dtype.js';
import { add, cast, gelu, mul, quickGelu } from '../onnx/elementwise.js';
import type { Graph, Var } from '../onnx/graph.js';
import { gather, gatherRows } from '../onnx/layout.js';
import { batch } from '../onnx/shape.js';
import { layer, type Params, type Target } from './target.js';

export interface ClipOutputs {
  /** The U-Net's context: the last layer's states behind the final LayerNorm (SD 1, 2), or those before the last layer (SDXL). */
  readonly states: 'last' | 'penultimate';
  /** Layers left out before the states are taken: diffusers' `clip_skip`; 0 when left out. */
  readonly skip?: number;
  /** Whether it also takes `own` [B,S,1], 1 where a token's own vector counts and 0 where `vectors` [B,S,D] has another. */
  readonly learned?: boolean;
  /** Whether to give the projected state of the end token as well, `text_embeds`. */
  readonly projected: boolean;
}

/**
 * Adds the encoder to `p.graph`: `input_ids` int32 [B,S] and, for the projection, `end_index` int32 [B] (where each
 * prompt's end token is) → `states` [B,S,D] and `text_embeds` [B,P].
 *
 * @throws UserError `bad-model` where a tensor is missing or of another shape than the config says.
 * @example buildClip(createParams(graph, weights, cpuTarget), config, { states: 'last', projected: false });
 */
export function buildClip(p: Params, config: ClipTextConfig, outputs: ClipOutputs): void {
  const { graph, target: t } = p;
  const { hidden_size: d, max_position_embeddings: s, layer_norm_eps: epsilon } = config;
  const model = p.scope('text_model');
  const ids = graph.input('input_ids', 'int32', [batch, s]);

  let words = gather(model.weight('embeddings.token_embedding.weight', [config.vocab_size, d]), ids);
  if (outputs.learned) {
    const own = cast(graph.input('own', 'float32', [batch, s, 1]), t.dtype);
    words = add(mul(words, own), cast(graph.input('vectors', 'float32', [batch, s, d]), t.dtype));
  }
  let x = add(words, model.weight('embeddings.position_embedding.weight', [s, d], [1, s, d])); // [B, S, D]
  const mask = causalMask(graph, t, s);
  const run = (i: number) => clipLayer(model.scope(`encoder.layers.${i}`), x, mask, config);

  const norm = (value: Var) => t.layerNorm(model.scope('final_layer_norm'), value, d, epsilon);

  const last = config.num_hidden_layers;
  const taken = last - (outputs.skip ?? 0) - (outputs.states === 'penultimate' ? 1 : 0);
  for (let i = 0; i < taken; i++) x = run(i);
  graph.output('states', cast(outputs.states === 'last' ? norm(x) : x, 'float32'));
  if (outputs.projected) {
    for (let i = taken; i < last; i++) x = run(i);
    const end = gatherRows(norm(x), graph.input('end_index', 'int32', [batch])); // [B, D]
    const spec = { in: d, out: config.projection_dim, bias: false };
    graph.output('text_embeds', cast(t.linear(p.scope('text_projection'), end, spec), 'float32')); // [B, P]
  }
}

/** What a layer needs to know of CLIP's encoders, of text and of pictures. */
export type ClipLayerConfig = Pick<
  ClipTextConfig,
  'hidden_size' | 'intermediate_size' | 'num_attention_heads' | 'hidden_act' | 'layer_norm_eps'
>;

/** One layer of either encoder: tokens [B,S,D] → [B,S,D]; without a mask each token looks at all. */
export const clipLayer = layer((p, x: Var, mask: Var | undefined, config: ClipLayerConfig): Var => {
  const t = p.target;
  const { hidden_size: d, intermediate_size: inner, layer_norm_eps: epsilon } = config;
  const attention = p.scope('self_attn');
  const normed = t.layerNorm(p.scope('layer_norm1'), x, d, epsilon);
  const project = (name: string, from: Var) => t.linear(attention.scope(name), from, { in: d, out: d });
  const attended = t.multiHeadAttention(
    project('q_proj', normed),
    project('k_proj', normed),
    project('v_proj', normed),
    { heads: config.num_attention_heads, bias: mask },
  );
  const between = add(x, project('out_proj', attended)); // [B, S, D]

  const activation = config.hidden_act === 'quick_gelu' ? quickGelu : (h: Var) => gelu(h);
  const again = t.layerNorm(p.scope('layer_norm2'), between, d, epsilon);
  const wide = activation(t.linear(p.scope('mlp.fc1'), again, { in: d, out: inner })); // [B, S, 4D]
  return add(between, t.linear(p.scope('mlp.fc2'), wide, { in: inner, out: d }));
});

/** [1,1,S,S]: 0 where a token may look, the type's least value ahead of it. A bias, as not every provider has a causal kernel. */
function causalMask(graph: Graph, t: Target, s: number): Var {
  const least = t.dtype === 'float16' ? -65504 : -3.4028234663852886e38;
  const values = Array.from({ length: s * s }, (_, i) => (i % s > Math.floor(i / s) ? least : 0));
  return graph.initializer('causal_mask', t.dtype, [1, 1, s, s], { bytes: bytesOf(t.dtype, values) });
}
