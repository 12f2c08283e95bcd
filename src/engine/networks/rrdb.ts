/**
 * ESRGAN's generator, Residual in Residual Dense Blocks: BSRGAN's, Real-ESRGAN's and most of what people have trained
 * since. Named as Real-ESRGAN's `RRDBNet` names its layers.
 * Papers: Wang et al. 2018, arXiv 1809.00219; Wang et al. 2021, arXiv 2107.10833; ESRGAN+, arXiv 2001.08073.
 */
import { add, leakyRelu, scale } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { pixelUnshuffle } from '../onnx/pixelShuffle.js';
import { batch } from '../onnx/shape.js';
import { layer, type Params, type Size } from './target.js';

export interface RrdbConfig {
  readonly kind: 'rrdb';
  readonly features: number;
  /** Channels that each convolution of a dense block adds. */
  readonly growth: number;
  readonly blocks: number;
  /** Each doubles the sides. */
  readonly doublings: number;
  /** Pixels on a side that become channels first: 1, or 2 or 4 where the network enlarges less than its doublings. */
  readonly unshuffle: number;
  /** ESRGAN+: dense blocks with two more ways past. */
  readonly plus: boolean;
}

/** What a whole dense block, and a whole block of three, adds to what came in. */
const residual = 0.2;

/**
 * Adds the network to `p.graph`: `picture` [B,3,H,W] in 0…1 → `enlarged` [B,3,H·s,W·s] in about 0…1, s being
 * 2^doublings / unshuffle.
 *
 * @throws UserError `bad-model` where a tensor is missing or of another shape than the config says.
 * @example buildRrdb(createParams(graph, weights, cpuTarget), config, { height: 64, width: 64 });
 */
export function buildRrdb(p: Params, config: RrdbConfig, { height, width }: Size): void {
  const { graph, target: t } = p;
  const { features, doublings, unshuffle } = config;
  const same = { in: features, out: features };
  const picture = graph.input('picture', 'float32', [batch, 3, height, width]);

  const small = t.toMap(pixelUnshuffle(picture, unshuffle)); // [B, 3u², H/u, W/u]
  const first = t.conv(p.scope('conv_first'), small, { in: 3 * unshuffle ** 2, out: features });
  let x = first;
  for (let i = 0; i < config.blocks; i++) x = block(p.scope(`body.${i}`), x, config);
  x = add(first, t.conv(p.scope('conv_body'), x, same));
  for (let i = 1; i <= doublings; i++) {
    const size = t.size(x);
    const enlarge = { height: 2 * size.height, width: 2 * size.width };
    x = leaky(t.conv(p.scope(`conv_up${i}`), x, { ...same, enlarge }));
  }
  x = leaky(t.conv(p.scope('conv_hr'), x, same)); // [B, F, H·s, W·s]
  graph.output('enlarged', t.fromMap(t.conv(p.scope('conv_last'), x, { in: features, out: 3 })));
}

/** Pixels around one that it is computed from, on each side. */
export function rrdbReach({ blocks, doublings, unshuffle }: RrdbConfig): number {
  const deep = (2 + 15 * blocks) * unshuffle;
  const enlarged = Array.from({ length: doublings }, (_, i) => unshuffle / 2 ** (i + 1));
  return (
    Math.ceil(deep + enlarged.reduce((sum, one) => sum + one, 0) + (2 * unshuffle) / 2 ** doublings) +
    unshuffle
  );
}

const leaky = (x: Var): Var => leakyRelu(x, 0.2);

const block = layer((p, x: Var, config: RrdbConfig): Var => {
  let y = x;
  for (const name of ['rdb1', 'rdb2', 'rdb3']) y = denseBlock(p.scope(name), y, config);
  return add(scale(y, residual), x);
});

/** Five convolutions, each of which sees all that those before it made. */
const denseBlock = layer((p, x: Var, { features, growth, plus }: RrdbConfig): Var => {
  const t = p.target;
  const seen = [x];
  const allSeen = () => (seen.length === 1 ? x : t.concatChannels([...seen]));
  for (let i = 1; i <= 4; i++) {
    const spec = { in: features + (i - 1) * growth, out: growth };
    let y = leaky(t.conv(p.scope(`conv${i}`), allSeen(), spec));
    if (plus && i === 2)
      y = add(y, t.conv(p.scope('conv1x1'), x, { in: features, out: growth, kernel: 1, bias: false }));
    if (plus && i === 4) y = add(y, seen[2]!);
    seen.push(y);
  }
  const last = t.conv(p.scope('conv5'), allSeen(), { in: features + 4 * growth, out: features });
  return add(scale(last, residual), x);
});
