import { unetLevels } from '../engine/checkpoint/config/unetLevels.js';
import type { Checkpoint } from '../engine/checkpoint/folder.js';
import type { UNetShape } from '../engine/networks/unet.js';
import type { Tensor } from '../engine/session.js';

/** Numbers in SDXL's `time_ids`. */
const timeIds = 6;
/** Somewhere in the middle of a drawing. */
const timestep = 500;

/**
 * Inputs for one call of a checkpoint's U-Net, all rows alike. How long a call takes does not depend on their values,
 * as long as none is so small that the CPU has to work on it longer.
 *
 * @param batch rows
 * @example await model.unet(shape).run(unetFeeds(checkpoint, shape, 2));
 */
export function unetFeeds(
  { unet: { config } }: Pick<Checkpoint, 'unet'>,
  { width, height, tokens }: UNetShape,
  batch: number,
): Record<string, Tensor> {
  const filled = (value: number, ...dims: number[]): Tensor => {
    const count = dims.reduce((product, dim) => product * dim, batch);
    return { dtype: 'float32', dims: [batch, ...dims], data: new Float32Array(count).fill(value) };
  };
  const feeds: Record<string, Tensor> = {
    sample: filled(0.5, config.in_channels, height, width),
    timestep: filled(timestep),
    encoder_hidden_states: filled(0.1, tokens, unetLevels(config).mid.crossAttentionDim),
  };
  if (config.time_cond_proj_dim !== null) feeds.timestep_cond = filled(0.1, config.time_cond_proj_dim);
  if (config.addition_embed_type !== null) {
    const pooled = config.projection_class_embeddings_input_dim! - timeIds * config.addition_time_embed_dim!;
    feeds.text_embeds = filled(0.1, pooled);
    feeds.time_ids = filled(width, timeIds);
  }
  return feeds;
}

/** How long the context of a prompt of usual length is. */
export function contextTokens({ textStates, textEncoders }: Checkpoint): number {
  return textStates?.max_length ?? textEncoders[0]!.config.max_position_embeddings;
}
