import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UNetConfig } from '../../../src/engine/checkpoint/config/unet.js';
import { buildUNet, type UNetShape } from '../../../src/engine/networks/unet.js';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { recordedCalls, type Values } from '../../fixtures/calls.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { familyNames } from '../../fixtures/manifest.js';
import { openNetwork, type Run } from './open-network.js';

const sprite = join(import.meta.dirname, '../../../assets/models/sprite');

async function readConfig(checkpoint: string, changes: object = {}): Promise<UNetConfig> {
  const config = JSON.parse(await readFile(join(checkpoint, 'unet/config.json'), 'utf8'));
  return UNetConfig.parse({ ...config, ...changes });
}

async function openUNet(
  checkpoint: string,
  shape: UNetShape,
  options = {},
  changes = {},
  timeIds?: number,
  features?: 'give' | 'take',
): Promise<Run> {
  const config = await readConfig(checkpoint, changes);
  return openNetwork(
    join(checkpoint, 'unet'),
    (p) => buildUNet(p, config, shape, { timeIds, features }),
    options,
  );
}

/** Of |a − b|, as a share of the largest |b|. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  const differences = b.map((value, i) => Math.abs(value - a[i]!));
  return Math.max(...differences) / Math.max(...b.map(Math.abs));
}

describe('a U-Net', async () => {
  const families = await Promise.all(
    (await familyNames()).map(async (family) => ({
      family,
      calls: (await recordedCalls(family)).filter(({ network }) => network === 'unet'),
    })),
  );

  it.each(families.filter(({ calls }) => calls.length > 0))(
    'of $family predicts what diffusers predicts, at even and odd sizes',
    async ({ family, calls }) => {
      for (const { inputs, outputs } of calls) {
        const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
        const tokens = inputs.encoder_hidden_states!.shape[1]!;
        const timeIds = inputs.time_ids?.shape[1];
        const shape = { width, height, tokens };
        const run = await openUNet(await checkpointFolder(family), shape, {}, {}, timeIds);
        const { out_sample } = await run(inputs);
        expect(out_sample!.shape).toEqual(outputs.out_sample!.shape);
        const difference = largestDifference(out_sample!.data, outputs.out_sample!.data);
        // Both add up in float32, in another order.
        expect(difference, `largest difference at ${width}×${height}`).toBeLessThan(1e-4);
      }
    },
  );

  it.each(families.filter(({ calls }) => calls.length > 0))(
    'of $family predicts the same from deep features of the same step as from all',
    async ({ family, calls }) => {
      const { inputs } = calls[0]!;
      const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
      const shape = { width, height, tokens: inputs.encoder_hidden_states!.shape[1]! };
      const open = async (features?: 'give' | 'take') =>
        openUNet(await checkpointFolder(family), shape, {}, {}, inputs.time_ids?.shape[1], features);
      const { out_sample: whole } = await (await open())(inputs);
      const { out_sample: giving, features } = await (await open('give'))(inputs);
      expect(largestDifference(giving!.data, whole!.data)).toBeLessThan(1e-5);
      const { out_sample: taking } = await (await open('take'))({ ...inputs, features: features! });
      expect(largestDifference(taking!.data, whole!.data)).toBeLessThan(1e-5);
      const other = { ...features!, data: features!.data.map((value) => -value) };
      const { out_sample: changed } = await (await open('take'))({ ...inputs, features: other });
      expect(largestDifference(changed!.data, whole!.data)).toBeGreaterThan(1e-3);
    },
  );
});

/** Noise for `count` samples; sample i is the same whatever the count. */
function randomInputs(config: UNetConfig, { width, height, tokens }: UNetShape, rows: readonly number[]) {
  const pooled =
    (config.projection_class_embeddings_input_dim ?? 0) - 6 * (config.addition_time_embed_dim ?? 0);
  const shapes: Record<string, readonly number[]> = {
    sample: [config.in_channels, height, width],
    timestep: [],
    encoder_hidden_states: [tokens, [config.cross_attention_dim].flat()[0]!],
    text_embeds: [pooled],
    time_ids: [6],
    timestep_cond: [config.time_cond_proj_dim ?? 0],
  };
  const inputs: Record<string, Values> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const data = new Float32Array(count * rows.length);
    rows.forEach((row, i) => {
      const noise = createGenerator(row).randn(count);
      data.set(name === 'timestep' ? [999 - 31 * row] : noise, i * count);
    });
    inputs[name] = { shape: [rows.length, ...shape], data };
  }
  return inputs;
}

describe('a sample', () => {
  it.each([
    ['sprite', 16, 16, 24, 2],
    ['sprite', 16, 16, 24, 3],
    ['sd1', 7, 5, 77, 2],
    ['sdxl', 8, 8, 77, 2],
    ['sdxl-wide', 8, 8, 77, 2],
    ['lcm', 8, 8, 77, 2],
    ['sd-turbo', 8, 8, 77, 2],
  ])(
    'has the same bytes alone and among seven others: %s at %d×%d, %d tokens, %d threads',
    async (family, width, height, tokens, threads) => {
      const folder = family === 'sprite' ? sprite : await checkpointFolder(family);
      const shape = { width, height, tokens };
      const config = await readConfig(folder);
      const run = await openUNet(folder, shape, { threads });
      const predict = async (rows: readonly number[]) =>
        (await run(randomInputs(config, shape, rows))).out_sample!.data;

      const alone = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((row) => predict([row])));
      for (const rows of [
        [0, 1],
        [2, 0, 1],
        [3, 2, 1, 0],
        [0, 1, 2, 3, 4, 5, 6, 7],
      ]) {
        const together = await predict(rows);
        rows.forEach((row, i) => {
          const size = alone[row]!.length;
          const same = together.subarray(i * size, (i + 1) * size).every((v, j) => v === alone[row]![j]);
          expect(same, `sample ${row} in a batch of ${rows.length}`).toBe(true);
        });
      }
    },
  );
});

describe('a U-Net that does not fit its weights', () => {
  it.each([
    [
      { block_out_channels: [32, 32, 64, 128] },
      'Cannot build network: down_blocks.3.resnets.0.conv1.weight is [64,64,3,3], want [128,64,3,3]',
    ],
    [
      { layers_per_block: 2 },
      'Cannot build network: down_blocks.0.resnets.1.norm1.weight is missing, want [32]',
    ],
    [{ in_channels: 9 }, 'Cannot build network: conv_in.weight is [32,4,3,3], want [32,9,3,3]'],
    [
      { cross_attention_dim: 48 },
      'Cannot build network: down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight is [32,32], want [32,48]',
    ],
  ])('is refused, with the layer and both shapes: %j', async (changes, message) => {
    const opened = openUNet(await checkpointFolder('sd1'), { width: 8, height: 8, tokens: 77 }, {}, changes);
    await expect(opened).rejects.toMatchObject({ code: 'bad-model', message });
  });
});
