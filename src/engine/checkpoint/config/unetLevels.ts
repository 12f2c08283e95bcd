import type { UNetConfig } from './unet.js';

/** What one level of a U-Net is made of, on the way down or up. */
export interface UNetLevel {
  readonly type: UNetConfig['down_block_types'][number] | UNetConfig['up_block_types'][number];
  /** Channels at its end. */
  readonly channels: number;
  /** Transformer blocks behind each of its resnets: as many entries as resnets. */
  readonly transformerLayers: readonly number[];
  readonly heads: number;
  readonly crossAttentionDim: number;
  /** Whether the first attention of its transformer blocks looks at the context too, instead of at the map. */
  readonly onlyCrossAttention: boolean;
}

/** The levels in the order they run. */
export interface UNetLevels {
  readonly down: readonly UNetLevel[];
  readonly mid: Pick<UNetLevel, 'heads' | 'crossAttentionDim'> & { readonly transformerLayers: number };
  readonly up: readonly UNetLevel[];
}

/**
 * What diffusers builds from the keys that hold one value for every level or one a level: on the way up they are
 * reversed, and each level has one resnet more.
 *
 * Source: diffusers/models/unets/unet_2d_condition.py, `__init__`.
 * @example unetLevels(config).down[0]!.heads; // 8 in SD 1.5
 */
export function unetLevels(config: UNetConfig): UNetLevels {
  const channels = config.block_out_channels;
  const each = <T>(value: T | readonly T[]): readonly T[] =>
    Array.isArray(value) ? value : channels.map(() => value as T);
  const layers = each(config.layers_per_block);
  const heads = each(config.attention_head_dim);
  const crossAttentionDim = each(config.cross_attention_dim);
  const onlyCross = each<boolean>(config.only_cross_attention);
  const depth = each<number | number[]>(
    config.transformer_layers_per_block as number | (number | number[])[],
  );
  const depthUp = config.reverse_transformer_layers_per_block ?? depth.toReversed();
  const last = channels.length - 1;

  const level = (
    type: UNetLevel['type'],
    i: number,
    resnets: number,
    blocks: number | number[],
  ): UNetLevel => ({
    type,
    channels: channels[i]!,
    transformerLayers: Array.from({ length: resnets }, (_, j) =>
      Array.isArray(blocks) ? blocks[j]! : blocks,
    ),
    heads: heads[i]!,
    crossAttentionDim: crossAttentionDim[i]!,
    onlyCrossAttention: onlyCross[i]!,
  });

  return {
    down: config.down_block_types.map((type, i) => level(type, i, layers[i]!, depth[i]!)),
    mid: {
      heads: heads[last]!,
      crossAttentionDim: crossAttentionDim[last]!,
      transformerLayers: [depth[last]!].flat()[0]!,
    },
    up: config.up_block_types.map((type, i) => level(type, last - i, layers[last - i]! + 1, depthUp[i]!)),
  };
}
