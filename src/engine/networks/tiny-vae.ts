/**
 * The tiny autoencoder (TAESD), as diffusers' `AutoencoderTiny`: convolutions and ReLU only.
 * Source: Ollin Boer Bohan, madebyollin/taesd.
 */
import type { TinyVaeConfig } from '../checkpoint/config/vaeTiny.js';
import { add, relu, scale, shift, tanh } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { batch } from '../onnx/shape.js';
import { layer, type Params } from './target.js';

/** Layers are numbered in one row, as torch's `Sequential` does, activations and enlargements included. */
function sequence(p: Params): () => Params {
  let next = 0;
  return () => p.scope(`layers.${next++}`);
}

/**
 * Adds the decoder to `p.graph`: `latents` [B,C,h,w] → `sample` [B,3,h·f,w·f] in about −1…1.
 *
 * @example buildTinyVaeDecoder(createParams(graph, weights, cpuTarget), config, { height: 64, width: 64 });
 */
export function buildTinyVaeDecoder(
  p: Params,
  config: TinyVaeConfig,
  { height, width }: { height: number; width: number },
): void {
  const { graph, target: t } = p;
  const next = sequence(p.scope('decoder'));
  const widths = config.decoder_block_out_channels;
  const latents = graph.input('latents', 'float32', [batch, config.latent_channels, height, width]);

  let x = t.toMap(scale(tanh(scale(latents, 1 / 3)), 3));
  x = relu(t.conv(next(), x, { in: config.latent_channels, out: widths[0]! }));
  next();
  config.num_decoder_blocks.forEach((blocks, i) => {
    const channels = widths[i]!;
    const last = i === config.num_decoder_blocks.length - 1;
    for (let j = 0; j < blocks; j++) x = block(next(), x, channels);
    if (!last) next();
    const size = t.size(x);
    const factor = config.upsampling_scaling_factor;
    const enlarge = last ? undefined : { height: size.height * factor, width: size.width * factor };
    const spec = { in: channels, out: last ? config.out_channels : channels, bias: last, enlarge };
    x = t.conv(next(), x, spec);
  });
  graph.output('sample', shift(scale(t.fromMap(x), 2), -1)); // [B, 3, 8h, 8w]
}

/**
 * Adds the encoder to `p.graph`: `sample` [B,3,H,W] in −1…1 → `latents` [B,C,H/f,W/f]; it has no noise to sample.
 *
 * @example buildTinyVaeEncoder(createParams(graph, weights, cpuTarget), config, { height: 512, width: 512 });
 */
export function buildTinyVaeEncoder(
  p: Params,
  config: TinyVaeConfig,
  { height, width }: { height: number; width: number },
): void {
  const { graph, target: t } = p;
  const next = sequence(p.scope('encoder'));
  const widths = config.encoder_block_out_channels;
  const sample = graph.input('sample', 'float32', [batch, config.in_channels, height, width]);

  let x = t.toMap(scale(shift(sample, 1), 0.5));
  config.num_encoder_blocks.forEach((blocks, i) => {
    const channels = widths[i]!;
    if (i === 0) x = t.conv(next(), x, { in: config.in_channels, out: channels });
    else x = t.conv(next(), x, { in: channels, out: channels, stride: 2, bias: false });
    for (let j = 0; j < blocks; j++) x = block(next(), x, channels);
  });
  x = t.conv(next(), x, { in: widths.at(-1)!, out: config.latent_channels });
  graph.output('latents', t.fromMap(x)); // [B, C, H/8, W/8]
}

/** Three convolutions beside the way past them. */
const block = layer((p, x: Var, channels: number): Var => {
  const t = p.target;
  const spec = { in: channels, out: channels };
  let y = relu(t.conv(p.scope('conv.0'), x, spec));
  y = relu(t.conv(p.scope('conv.2'), y, spec));
  return relu(add(t.conv(p.scope('conv.4'), y, spec), x));
});
