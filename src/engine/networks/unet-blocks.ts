/** The levels of a U-Net, as diffusers' models/unets/unet_2d_blocks.py; with and without cross-attention. */
import type { UNetConfig } from '../checkpoint/config/unet.js';
import type { UNetLevel, UNetLevels } from '../checkpoint/config/unetLevels.js';
import type { Var } from '../onnx/graph.js';
import { type ResnetSpec, resnet, type TimeEmbedding } from './resnet.js';
import { layer } from './target.js';
import { type TransformerSpec, transformer } from './transformer.js';

/** A map and how many channels it has. */
export interface Features {
  readonly map: Var;
  readonly channels: number;
}

/** Layers of a block: from one, up to and without another. */
interface Part {
  readonly from?: number;
  readonly to?: number;
}

/** What every block is told besides its map. */
export interface Conditions {
  readonly time: TimeEmbedding;
  /** [B,T,D] */
  readonly context: Var;
  readonly config: UNetConfig;
}

/** `DownBlock2D`, `CrossAttnDownBlock2D`: [B,C,H,W] → what each layer gives, the last one [B,C',H/2,W/2] if `halve`. */
export const downBlock = layer(
  (p, x: Features, level: UNetLevel, halve: boolean, conditions: Conditions): Features[] => {
    const { channels } = level;
    const given: Features[] = [];
    let { map } = x;
    level.transformerLayers.forEach((layers, i) => {
      const spec = resnetSpec(i === 0 ? x.channels : channels, channels, conditions);
      map = resnet(p.scope(`resnets.${i}`), map, spec, conditions.time);
      if (level.type === 'CrossAttnDownBlock2D') {
        const attention = transformerSpec(channels, level, layers, conditions);
        map = transformer(p.scope(`attentions.${i}`), map, conditions.context, attention);
      }
      given.push({ map, channels });
    });
    if (halve) {
      map = p.target.conv(p.scope('downsamplers.0.conv'), map, { in: channels, out: channels, stride: 2 });
      given.push({ map, channels });
    }
    return given;
  },
);

/** `UNetMidBlock2DCrossAttn`: [B,C,H,W] → [B,C,H,W]; `UNetMidBlock2D` is its first resnet alone. */
export const midBlock = layer((p, x: Features, mid: UNetLevels['mid'], conditions: Conditions): Features => {
  const { channels } = x;
  const outputScale = conditions.config.mid_block_scale_factor;
  const spec = { ...resnetSpec(channels, channels, conditions), outputScale };
  let map = resnet(p.scope('resnets.0'), x.map, spec, conditions.time);
  if (conditions.config.mid_block_type === 'UNetMidBlock2DCrossAttn') {
    const level = { ...mid, onlyCrossAttention: false };
    const attention = transformerSpec(channels, level, mid.transformerLayers, conditions);
    map = transformer(p.scope('attentions.0'), map, conditions.context, attention);
    map = resnet(p.scope('resnets.1'), map, spec, conditions.time);
  }
  return { map, channels };
});

/**
 * `UpBlock2D`, `CrossAttnUpBlock2D`: [B,C,H,W] → [B,C',H',W'], each layer with the newest of `skips` beside it, which it
 * takes away. H'×W' is the size of the skip that the next block begins with: twice H×W, one less where halving rounded.
 *
 * @param part the layers to build, `x` being what the one before them gave; all when left out
 */
export const upBlock = layer(
  (
    p,
    x: Features,
    level: UNetLevel,
    skips: Features[],
    conditions: Conditions,
    part: Part = {},
  ): Features => {
    const { from: first = 0, to: end = level.transformerLayers.length } = part;
    const t = p.target;
    const { channels } = level;
    let { map } = x;
    level.transformerLayers.slice(0, end).forEach((layers, i) => {
      if (i < first) return;
      const skip = skips.pop()!;
      const from = (i === first ? x.channels : channels) + skip.channels;
      map = t.concatChannels([map, skip.map]); // [B, C + Cₛ, H, W]
      map = resnet(p.scope(`resnets.${i}`), map, resnetSpec(from, channels, conditions), conditions.time);
      if (level.type === 'CrossAttnUpBlock2D') {
        const attention = transformerSpec(channels, level, layers, conditions);
        map = transformer(p.scope(`attentions.${i}`), map, conditions.context, attention);
      }
    });
    const next = skips.at(-1);
    if (next !== undefined && end === level.transformerLayers.length) {
      const enlarge = t.size(next.map);
      map = t.conv(p.scope('upsamplers.0.conv'), map, { in: channels, out: channels, enlarge });
    }
    return { map, channels };
  },
);

function resnetSpec(from: number, out: number, { config }: Conditions): ResnetSpec {
  return { in: from, out, groups: config.norm_num_groups, epsilon: config.norm_eps, act: config.act_fn };
}

function transformerSpec(
  channels: number,
  level: Pick<UNetLevel, 'heads' | 'crossAttentionDim' | 'onlyCrossAttention'>,
  layers: number,
  { config }: Conditions,
): TransformerSpec {
  return {
    channels,
    heads: level.heads,
    layers,
    groups: config.norm_num_groups,
    contextChannels: level.crossAttentionDim,
    onlyCrossAttention: level.onlyCrossAttention,
    linearProjection: config.use_linear_projection,
    upcast: config.upcast_attention ?? false,
  };
}
