/**
 * BERT's encoder, as transformers' `BertModel` without its pooler. Paper: Devlin et al. 2018, arXiv 1810.04805.
 */
import type { BertConfig } from '../checkpoint/config/bert.js';
import { add, cast, gelu, mul, scale, shift } from '../onnx/elementwise.js';
import type { Graph, Var } from '../onnx/graph.js';
import { gather, reshape } from '../onnx/layout.js';
import { batch } from '../onnx/shape.js';
import { layer, type Params, type Target } from './target.js';

/**
 * Adds the encoder to `p.graph`: `input_ids` and `attention_mask` (1 for a real token), int32 [B,S] → `states` [B,S,D].
 *
 * @param length S, the tokens a prompt is padded to
 * @throws UserError `bad-model` where a tensor is missing or of another shape than the config says.
 * @example buildBert(createParams(graph, weights, cpuTarget), config, 24);
 */
export function buildBert(p: Params, config: BertConfig, length: number): void {
  const { graph, target: t } = p;
  const { hidden_size: d, layer_norm_eps: epsilon } = config;
  const embeddings = p.scope('embeddings');
  const table = (name: string, rows: number) => embeddings.weight(`${name}.weight`, [rows, d]);
  const ids = graph.input('input_ids', 'int32', [batch, length]);
  const mask = attentionBias(graph, t, graph.input('attention_mask', 'int32', [batch, length]));

  const words = gather(table('word_embeddings', config.vocab_size), ids); // [B, S, D]
  const places = gather(
    table('position_embeddings', config.max_position_embeddings),
    graph.constant(
      'int32',
      [1, length],
      Array.from({ length }, (_, i) => i),
    ),
  ); // [1, S, D]
  const kind = gather(
    table('token_type_embeddings', config.type_vocab_size),
    graph.constant('int32', [1, 1], [0]),
  ); // [1, 1, D]
  let x = t.layerNorm(embeddings.scope('LayerNorm'), add(add(words, kind), places), d, epsilon);
  for (let i = 0; i < config.num_hidden_layers; i++) {
    x = encoderLayer(p.scope(`encoder.layer.${i}`), x, mask, config);
  }
  graph.output('states', cast(x, 'float32'));
}

/** The norms come after each sum here, not before each branch as in CLIP. */
const encoderLayer = layer((p, x: Var, mask: Var, config: BertConfig): Var => {
  const t = p.target;
  const { hidden_size: d, intermediate_size: inner, layer_norm_eps: epsilon } = config;
  const attention = p.scope('attention');
  const project = (name: string) => t.linear(attention.scope(`self.${name}`), x, { in: d, out: d });
  const attended = t.multiHeadAttention(project('query'), project('key'), project('value'), {
    heads: config.num_attention_heads,
    bias: mask,
  });
  const mixed = t.linear(attention.scope('output.dense'), attended, { in: d, out: d });
  const between = t.layerNorm(attention.scope('output.LayerNorm'), add(mixed, x), d, epsilon); // [B, S, D]

  const wide = gelu(t.linear(p.scope('intermediate.dense'), between, { in: d, out: inner }));
  const narrow = t.linear(p.scope('output.dense'), wide, { in: inner, out: d });
  return t.layerNorm(p.scope('output.LayerNorm'), add(narrow, between), d, epsilon);
});

/** mask [B,S] → [B,1,S,S]: 0 for real tokens, the type's least value for padding, for whichever token asks. */
function attentionBias(graph: Graph, t: Target, mask: Var): Var {
  const length = mask.shape[1] as number;
  const least = t.dtype === 'float16' ? 65504 : 3.4028234663852886e38;
  const bias = scale(shift(cast(mask, t.dtype), -1), least); // 0 or −least
  const everyRow = graph.constant(t.dtype, [1, 1, length, 1], new Array<number>(length).fill(1));
  return mul(reshape(bias, [batch, 1, 1, length]), everyRow);
}
