import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWeightFile } from '../../../src/engine/checkpoint/weights.js';
import { writeTensors } from '../../../src/engine/checkpoint/writeTensors.js';
import { plainConv } from '../../../src/engine/networks/plainConv.js';
import { tiledConv } from '../../../src/engine/networks/tiledConv.js';
import { doubling, type Tiling, tilesOf2, tilesOf4 } from '../../../src/engine/networks/tiling.js';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { batch } from '../../../src/engine/onnx/shape.js';
import { openNetworks } from './open-network.js';

const tilings: Record<string, Tiling> = { 'tiles of 4': tilesOf4, 'tiles of 2': tilesOf2, doubling };

interface Layer {
  readonly tiling: string;
  readonly from: number;
  readonly out: number;
  readonly height: number;
  readonly width: number;
  readonly bias?: boolean;
}

/** A random layer both ways: [B,C,H,W] → tiled and plain [B,O,H',W']. */
async function openBoth({ tiling, from, out, height, width, bias = true }: Layer) {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-tiles-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const random = createGenerator(5);
  const tensor = (name: string, ...shape: number[]) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const values = random.randn(count).map((value) => value / Math.sqrt(9 * from));
    return {
      ...{ name, dtype: 'F32' as const, shape, length: 4 * count },
      bytes: async () => new Uint8Array(values.buffer),
    };
  };
  const file = join(folder, 'layer.safetensors');
  await writeTensors([tensor('weight', out, from, 3, 3), tensor('bias', out)], file);
  const weights = await openWeightFile(file, { cacheFolder: folder });
  const enlarge = tiling === 'doubling' ? { height: 2 * height, width: 2 * width } : undefined;
  const spec = { in: from, out, bias, enlarge };
  return openNetworks([weights], ([p]) => {
    const x = p!.graph.input('x', 'float32', [batch, from, height, width]);
    p!.graph.output('tiled', tiledConv(p!, x, spec, tilings[tiling]!));
    p!.graph.output('plain', plainConv(p!, x, spec));
  });
}

function maps({ from, height, width }: Layer, count: number) {
  const shape = [count, from, height, width];
  return { x: { shape, data: createGenerator(7).randn(count * from * height * width) } };
}

const layers: Layer[] = [
  { tiling: 'tiles of 4', from: 32, out: 48, height: 16, width: 16 },
  { tiling: 'tiles of 4', from: 33, out: 17, height: 7, width: 10 },
  { tiling: 'tiles of 4', from: 320, out: 64, height: 9, width: 33 },
  { tiling: 'tiles of 2', from: 32, out: 48, height: 16, width: 16 },
  { tiling: 'tiles of 2', from: 33, out: 17, height: 7, width: 10 },
  { tiling: 'tiles of 2', from: 32, out: 32, height: 1, width: 1, bias: false },
  { tiling: 'doubling', from: 32, out: 48, height: 16, width: 16 },
  { tiling: 'doubling', from: 33, out: 17, height: 7, width: 9 },
  { tiling: 'doubling', from: 32, out: 32, height: 1, width: 2, bias: false },
];

describe('a convolution computed in tiles', () => {
  it.each(layers)(
    'gives what ONNX Runtime’s own gives: $tiling, $from to $out channels, $height×$width',
    async (layer) => {
      const run = await openBoth(layer);
      for (const count of [1, 3]) {
        const { tiled, plain } = await run(maps(layer, count));
        expect(tiled!.shape).toEqual(plain!.shape);
        const difference = tiled!.data.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - plain!.data[i]!)),
          0,
        );
        // Values are of size 1. Both add up in float32.
        expect(difference, 'largest difference').toBeLessThan(3e-5);
      }
    },
  );

  it.each(layers)(
    'gives the same bytes alone and in a batch: $tiling, $from to $out channels, $height×$width',
    async (layer) => {
      const run = await openBoth(layer);
      const together = maps(layer, 3).x;
      const all = (await run({ x: together })).tiled!;
      for (let i = 0; i < 3; i++) {
        const row = ({ data }: { data: Float32Array }) =>
          data.subarray((i * data.length) / 3, ((i + 1) * data.length) / 3);
        const alone = await run({ x: { shape: [1, ...together.shape.slice(1)], data: row(together) } });
        expect(alone.tiled!.data).toEqual(row(all));
      }
    },
  );
});
