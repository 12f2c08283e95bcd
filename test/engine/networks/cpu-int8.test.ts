import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UNetConfig } from '../../../src/engine/checkpoint/config/unet.js';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { openWeightFile } from '../../../src/engine/checkpoint/weights.js';
import { writeTensors } from '../../../src/engine/checkpoint/writeTensors.js';
import { createModel } from '../../../src/engine/model.js';
import { cpuTarget } from '../../../src/engine/networks/cpu.js';
import { cpuInt8Target } from '../../../src/engine/networks/cpu-int8.js';
import type { Params, Target } from '../../../src/engine/networks/target.js';
import { buildUNet } from '../../../src/engine/networks/unet.js';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import type { Var } from '../../../src/engine/onnx/graph.js';
import { batch } from '../../../src/engine/onnx/shape.js';
import type { Values } from '../../fixtures/calls.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { openNetwork, openNetworks } from './open-network.js';

type Shapes = Readonly<Record<string, readonly number[]>>;

/** Normal weights of these names and shapes, as large as torch makes a layer's. */
async function randomWeights(shapes: Shapes) {
  const folder = temporaryFolder();
  const file = join(folder, 'weights.safetensors');
  const tensors = Object.entries(shapes).map(([name, shape], i) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const spread = 1 / Math.sqrt(count / shape[0]!);
    const values = createGenerator(i)
      .randn(count)
      .map((value) => value * spread);
    const bytes = async () => new Uint8Array(values.buffer);
    return { name, dtype: 'F32' as const, shape, length: 4 * count, bytes };
  });
  await writeTensors(tensors, file);
  return openWeightFile(file, { cacheFolder: folder });
}

/** What was asked for is to what differs, in decibels. */
function signalToNoise(found: Float32Array, wanted: Float32Array): number {
  let [signal, noise] = [0, 0];
  wanted.forEach((value, i) => {
    signal += value ** 2;
    noise += (value - found[i]!) ** 2;
  });
  return 10 * Math.log10(signal / noise);
}

const noise = (shape: readonly number[], seed = 7): Values => ({
  shape,
  data: createGenerator(seed).randn(shape.reduce((product, dim) => product * dim, 1)),
});

async function outputOf(
  target: Target,
  shapes: Shapes,
  inputs: Readonly<Record<string, Values>>,
  build: Build,
) {
  const opened = await openNetworks(
    [await randomWeights(shapes)],
    ([p]) => {
      const vars = Object.entries(inputs).map(([name, { shape }]) =>
        p!.graph.input(name, 'float32', [batch, ...shape.slice(1)]),
      );
      p!.graph.output('y', build(p!, ...vars));
    },
    { target },
  );
  return (await opened(inputs)).y!;
}

type Build = (p: Params, ...inputs: Var[]) => Var;

const filter = (out: number, channels: number, kernel: number) => ({
  'conv.weight': [out, channels, kernel, kernel],
  'conv.bias': [out],
});
const convolved =
  (spec: Parameters<Target['conv']>[2]): Build =>
  (p, x) =>
    p.target.fromMap(p.target.conv(p.scope('conv'), p.target.toMap(x!), spec));
const projections = (context: number) => ({
  'to_q.weight': [64, 64],
  'to_k.weight': [64, context],
  'to_v.weight': [64, context],
  'to_out.0.weight': [64, 64],
  'to_out.0.bias': [64],
});

describe('8-bit products', () => {
  it.each<[string, Shapes, Readonly<Record<string, Values>>, Build]>([
    ['a convolution', filter(48, 64, 3), { x: noise([2, 64, 7, 5]) }, convolved({ in: 64, out: 48 })],
    [
      'a convolution of every other pixel',
      filter(48, 64, 3),
      { x: noise([1, 64, 8, 6]) },
      convolved({ in: 64, out: 48, stride: 2 }),
    ],
    [
      'a convolution with zeros at two sides',
      filter(32, 32, 3),
      { x: noise([1, 32, 8, 6]) },
      convolved({ in: 32, out: 32, stride: 2, pads: [0, 0, 1, 1] }),
    ],
    [
      'a convolution of a map of twice the size',
      filter(48, 64, 3),
      { x: noise([2, 64, 7, 5]) },
      convolved({ in: 64, out: 48, enlarge: { height: 14, width: 10 } }),
    ],
    [
      'a convolution of a map of nearly twice the size',
      filter(48, 64, 3),
      { x: noise([2, 64, 7, 5]) },
      convolved({ in: 64, out: 48, enlarge: { height: 13, width: 10 } }),
    ],
    [
      'a convolution of a map too large to be done at once',
      filter(32, 320, 3),
      { x: noise([1, 320, 131, 144]) },
      convolved({ in: 320, out: 32 }),
    ],
    [
      'a convolution of pixels, without a bias',
      { 'conv.weight': [48, 64, 1, 1] },
      { x: noise([2, 64, 7, 5]) },
      convolved({ in: 64, out: 48, kernel: 1, bias: false }),
    ],
    [
      'a convolution of what tokens became',
      filter(64, 64, 3),
      { x: noise([2, 35, 64]) },
      (p, x) => convolved({ in: 64, out: 64 })(p, p.target.fromTokens(x!, { height: 7, width: 5 })),
    ],
    [
      'a Linear',
      { 'to.weight': [96, 64], 'to.bias': [96] },
      { x: noise([2, 35, 64]) },
      (p, x) => p.target.linear(p.scope('to'), x!, { in: 64, out: 96 }),
    ],
    [
      'attention to itself',
      projections(64),
      { x: noise([2, 35, 64]) },
      (p, x) => p.target.attention(p, x!, x!, { channels: 64, contextChannels: 64, heads: 4 }),
    ],
    [
      'attention to a context',
      projections(48),
      { x: noise([2, 35, 64]), context: noise([2, 9, 48], 8) },
      (p, x, context) => p.target.attention(p, x!, context!, { channels: 64, contextChannels: 48, heads: 4 }),
    ],
    [
      'a feed-forward',
      {
        'net.0.proj.weight': [512, 64],
        'net.0.proj.bias': [512],
        'net.2.weight': [64, 256],
        'net.2.bias': [64],
      },
      { x: noise([2, 35, 64]), plus: noise([2, 35, 64], 9) },
      (p, x, plus) => p.target.geglu(p, x!, { channels: 64, inner: 256 }, plus!),
    ],
  ])('give what float32 gives, to 32 dB: %s', async (_, shapes, inputs, build) => {
    const wanted = await outputOf(cpuTarget, shapes, inputs, build);
    const found = await outputOf(cpuInt8Target, shapes, inputs, build);
    expect(found.shape).toEqual(wanted.shape);
    expect(signalToNoise(found.data, wanted.data)).toBeGreaterThan(32);
    // Else it would be float32 that was computed.
    expect(signalToNoise(found.data, wanted.data)).toBeLessThan(70);
  });

  it('are left alone where a vector is projected, or a layer has few channels', async () => {
    const cases: [Shapes, Readonly<Record<string, Values>>, Build][] = [
      [
        { 'to.weight': [96, 64], 'to.bias': [96] },
        { x: noise([2, 64]) },
        (p, x) => p.target.linear(p.scope('to'), x!, { in: 64, out: 96 }),
      ],
      [filter(64, 4, 3), { x: noise([2, 4, 6, 6]) }, convolved({ in: 4, out: 64 })],
      [filter(4, 64, 3), { x: noise([2, 64, 6, 6]) }, convolved({ in: 64, out: 4 })],
    ];
    for (const each of cases) {
      expect((await outputOf(cpuInt8Target, ...each)).data).toEqual(
        (await outputOf(cpuTarget, ...each)).data,
      );
    }
  });
});

describe("the built-in model's U-Net in 8 bits", async () => {
  const folder = join(import.meta.dirname, '../../../assets/models/sprite/unet');
  const config = UNetConfig.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')));
  const shape = { width: 16, height: 16, tokens: 24 };
  const inputs = (timestep: number) => ({
    sample: noise([2, 8, 16, 16]),
    timestep: { shape: [2], data: Float32Array.of(timestep, timestep) },
    encoder_hidden_states: noise([2, 24, 384], 3),
    text_embeds: noise([2, 384], 4),
    time_ids: { shape: [2, 6], data: Float32Array.of(128, 128, 0, 0, 128, 128, 128, 128, 0, 0, 128, 128) },
  });

  it('predicts what it predicts in float32, to 20 dB, early and late', async () => {
    const build = (p: Params) => buildUNet(p, config, shape);
    const [exact, int8] = [
      await openNetwork(folder, build),
      await openNetwork(folder, build, { target: cpuInt8Target }),
    ];
    for (const timestep of [999, 600, 300, 20]) {
      const wanted = (await exact(inputs(timestep))).out_sample!.data;
      const found = (await int8(inputs(timestep))).out_sample!.data;
      const decibels = signalToNoise(found, wanted);
      expect(decibels, `at timestep ${timestep}`).toBeGreaterThan(20);
      // Else it would be float32 that was computed.
      expect(decibels, `at timestep ${timestep}`).toBeLessThan(70);
    }
  });
});

it('a U-Net in 8 bits has its calls alone, on the CPU; on other devices there is none', async () => {
  const cacheFolder = temporaryFolder();
  const checkpoint = await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder });
  const shape = { width: 8, height: 8, tokens: 77 };
  const unet = (device: 'cpu' | 'cuda:0', numbers?: 'int8') =>
    createModel(checkpoint, { device, cacheFolder }).unet(shape, undefined, { numbers });
  expect([unet('cpu', 'int8').alone, unet('cpu').alone, unet('cuda:0', 'int8').alone]).toEqual([
    true,
    undefined,
    undefined,
  ]);
});
