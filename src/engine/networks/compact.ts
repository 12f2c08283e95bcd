/**
 * Real-ESRGAN's small network, `SRVGGNetCompact`: convolutions in one row at the picture's own size, enlarged at the
 * very end (realesr-general, realesr-animevideo).
 * Source: xinntao/Real-ESRGAN, realesrgan/archs/srvgg_arch.py.
 */
import { add, mul, relu, scale } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { resizeNearest } from '../onnx/layout.js';
import { pixelShuffle } from '../onnx/pixelShuffle.js';
import { batch } from '../onnx/shape.js';
import { layer, type Params, type Size } from './target.js';

export interface CompactConfig {
  readonly kind: 'compact';
  readonly features: number;
  /** Convolutions between the first and the last. */
  readonly convolutions: number;
  readonly scale: number;
}

/**
 * Adds the network to `p.graph`: `picture` [B,3,H,W] in 0…1 → `enlarged` [B,3,H·s,W·s] in about 0…1.
 *
 * @throws UserError `bad-model` where a tensor is missing or of another shape than the config says.
 * @example buildCompact(createParams(graph, weights, cpuTarget), config, { height: 64, width: 64 });
 */
export function buildCompact(p: Params, config: CompactConfig, { height, width }: Size): void {
  const { graph, target: t } = p;
  const { features, convolutions, scale: factor } = config;
  const picture = graph.input('picture', 'float32', [batch, 3, height, width]);

  let x = t.conv(p.scope('body.0'), t.toMap(picture), { in: 3, out: features });
  x = prelu(p.scope('body.1'), x, features);
  for (let i = 1; i <= convolutions; i++) {
    x = t.conv(p.scope(`body.${2 * i}`), x, { in: features, out: features });
    x = prelu(p.scope(`body.${2 * i + 1}`), x, features);
  }
  const last = p.scope(`body.${2 * convolutions + 2}`);
  const parts = t.fromMap(t.conv(last, x, { in: features, out: 3 * factor ** 2 })); // [B, 3s², H, W]
  const plain = resizeNearest(picture, height * factor, width * factor);
  graph.output('enlarged', add(pixelShuffle(parts, factor), plain)); // [B, 3, H·s, W·s]
}

/** Pixels around one that it is computed from, on each side. */
export const compactReach = ({ convolutions }: CompactConfig): number => convolutions + 2;

/** Like LeakyReLU with a slope a channel. Of parts that every provider has: WebGPU's lacks PRelu. */
const prelu = layer((p, x: Var, channels: number): Var => {
  const slope = p.target.overMap(p.weight('weight', [channels], [1, channels]));
  return add(relu(x), mul(scale(relu(scale(x, -1)), -1), slope));
});
