/** What a U-Net is told as one vector a sample: the timestep, and what its config adds to it. */
import type { UNetConfig } from '../checkpoint/config/unet.js';
import { add, cast } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { concat, gather, reshape } from '../onnx/layout.js';
import { batch } from '../onnx/shape.js';
import type { TimeEmbedding } from './resnet.js';
import type { Params } from './target.js';
import { timestepEmbedding, timesteps } from './timestep.js';

/** How many `time_ids` SDXL's are: the original size, the crop and the size wanted. */
const usualTimeIds = 6;

/**
 * Adds the inputs `timestep` and, as the config has them, `timestep_cond`, `class_labels`, `text_embeds` and `time_ids`;
 * gives their embedding [B, channels].
 *
 * @param timeIds numbers in `time_ids`; the refiner's are five
 */
export function timeEmbedding(p: Params, config: UNetConfig, timeIds = usualTimeIds): TimeEmbedding {
  const { graph } = p;
  const sinusoid = sinusoidOf(config, config.block_out_channels[0]!);
  const channels = config.time_embedding_dim ?? 4 * config.block_out_channels[0]!;

  const { time_cond_proj_dim: guidance } = config;
  const condition =
    guidance === null ? undefined : graph.input('timestep_cond', 'float32', [batch, guidance]);
  const time = timesteps(graph.input('timestep', 'float32', [batch]), sinusoid); // [B, C₀]
  const spec = { in: sinusoid.channels, out: channels, act: config.act_fn };
  let value = timestepEmbedding(p.scope('time_embedding'), time, spec, condition); // [B, 4·C₀]
  for (const more of [classEmbedding(p, config, channels), textTimeEmbedding(p, config, timeIds, channels)])
    if (more !== undefined) value = add(value, more);
  return { value, channels, scalesAndShifts: config.resnet_time_scale_shift === 'scale_shift' };
}

const sinusoidOf = (config: UNetConfig, channels: number) => ({
  channels,
  flipSinToCos: config.flip_sin_to_cos,
  freqShift: config.freq_shift,
});

function classEmbedding(p: Params, config: UNetConfig, out: number): Var | undefined {
  const { graph, target: t } = p;
  const scope = p.scope('class_embedding');
  const labels = (dims: readonly number[]) => graph.input('class_labels', 'float32', [batch, ...dims]);
  // The schema asks for it wherever it is used.
  const projected = config.projection_class_embeddings_input_dim!;
  switch (config.class_embed_type) {
    case 'timestep': {
      const sinusoid = sinusoidOf(config, config.block_out_channels[0]!);
      return timestepEmbedding(scope, timesteps(labels([]), sinusoid), {
        in: sinusoid.channels,
        out,
        act: config.act_fn,
      });
    }
    case 'identity':
      return cast(labels([out]), t.dtype);
    case 'projection':
      return timestepEmbedding(scope, labels([projected]), { in: projected, out });
    case 'simple_projection':
      return t.linear(scope, cast(labels([projected]), t.dtype), { in: projected, out });
    case null:
      if (config.num_class_embeds === null) return undefined;
      return gather(
        scope.weight('weight', [config.num_class_embeds, out]),
        graph.input('class_labels', 'int64', [batch]),
      );
  }
}

/** SDXL's: the pooled text and `timeIds` numbers about size and crop, each as a sinusoid. */
function textTimeEmbedding(p: Params, config: UNetConfig, timeIds: number, out: number): Var | undefined {
  if (config.addition_embed_type === null) return undefined;
  const { graph } = p;
  const width = config.addition_time_embed_dim!;
  const all = config.projection_class_embeddings_input_dim!;
  const pooled = all - timeIds * width;
  if (pooled < 1)
    graph.fail(
      `projection_class_embeddings_input_dim is ${all}, want more than ${timeIds} times addition_time_embed_dim, ${width}`,
    );
  const text = graph.input('text_embeds', 'float32', [batch, pooled]);
  const ids = reshape(graph.input('time_ids', 'float32', [batch, timeIds]), [{ times: timeIds }]); // [6B], the refiner's [5B]
  const sizes = reshape(timesteps(ids, sinusoidOf(config, width)), [batch, timeIds * width]);
  return timestepEmbedding(p.scope('add_embedding'), concat([text, sizes], 1), { in: all, out });
}
