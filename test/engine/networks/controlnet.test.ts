import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ControlNetConfig } from '../../../src/engine/checkpoint/config/controlnet.js';
import { UNetConfig } from '../../../src/engine/checkpoint/config/unet.js';
import { openWeights } from '../../../src/engine/checkpoint/weights.js';
import { buildControlNet } from '../../../src/engine/networks/controlnet.js';
import { buildUNet, type UNetShape } from '../../../src/engine/networks/unet.js';
import { recordedCalls, type Values } from '../../fixtures/calls.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { openNetworks, type Run } from './open-network.js';

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');

async function parsed<T>(schema: { parse(value: unknown): T }, ...path: string[]): Promise<T> {
  return schema.parse(JSON.parse(await readFile(join(...path), 'utf8')));
}

/** A U-Net and a ControlNet in one graph. */
async function openBoth(base: string, family: string, name: string, shape: UNetShape): Promise<Run> {
  const [model, models] = [await checkpointFolder(base), await checkpointFolder(family)];
  const unet = await parsed(UNetConfig, model, 'unet/config.json');
  const control = await parsed(ControlNetConfig, models, name, 'config.json');
  const weights = await Promise.all(
    [join(model, 'unet'), join(models, name)].map((folder) => openWeights(folder, { cacheFolder })),
  );
  return openNetworks(weights, ([u, c]) =>
    buildUNet(u!, unet, shape, { residuals: buildControlNet(c!, control, shape, unet.in_channels) }),
  );
}

/** Of |a − b|, as a share of the largest |b|. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  return Math.max(...b.map((value, i) => Math.abs(value - a[i]!))) / Math.max(...b.map(Math.abs));
}

const cases = [
  ['sd1', 'sd1-control', 'controlnets/edges'],
  ['sd1', 'sd1-control', 'controlnets/pooled'],
  ['sdxl', 'sdxl-control', 'controlnets/edges'],
  ['sdxl', 'sdxl-control', 'controlnets/small'],
  // Of nine channels, of which the ControlNet sees four.
  ['sd1-inpaint', 'sd1-inpaint-control', 'controlnets/edges'],
] as const;

describe.each(cases)('the U-Net of %s with the ControlNet %s/%s', (base, family, name) => {
  it('predicts what diffusers predicts, at even and odd sizes, each row with its own scale', async () => {
    const calls = (await recordedCalls(family)).filter(({ network }) => network === name);
    expect(calls).toHaveLength(2);
    for (const { inputs, outputs } of calls) {
      const run = await openBoth(base, family, name, shapeOf(inputs));
      const { out_sample } = await run(await asSeen(family, name, inputs));
      const difference = largestDifference(out_sample!.data, outputs.out_sample!.data);
      // Both add up in float32, in another order.
      expect(difference, 'largest difference').toBeLessThan(1e-4);
    }
  });

  it('at scale 0 predicts what the U-Net alone predicts', async () => {
    const { inputs } = (await recordedCalls(family)).find(({ network }) => network === name)!;
    const run = await openBoth(base, family, name, shapeOf(inputs));
    const { out_sample } = await run({ ...inputs, control_scale: { shape: [2], data: new Float32Array(2) } });
    const plain = (await recordedCalls(base)).find(
      ({ network, inputs: other }) =>
        network === 'unet' && other.sample!.shape.join() === inputs.sample!.shape.join(),
    )!;
    expect(largestDifference(out_sample!.data, plain.outputs.out_sample!.data)).toBeLessThan(1e-4);
  });

  it('has the same bytes for a row alone and among others', async () => {
    const { inputs } = (await recordedCalls(family)).find(({ network }) => network === name)!;
    const run = await openBoth(base, family, name, shapeOf(inputs));
    const together = (await run(rows(inputs, [0, 1, 1, 0]))).out_sample!.data;
    const size = together.length / 4;
    for (const [i, row] of [0, 1, 1, 0].entries()) {
      const alone = (await run(rows(inputs, [row]))).out_sample!.data;
      expect(together.subarray(i * size, (i + 1) * size), `row ${i}`).toEqual(alone);
    }
  });
});

function shapeOf(inputs: Readonly<Record<string, Values>>): UNetShape {
  const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
  return { width, height, tokens: inputs.encoder_hidden_states!.shape[1]! };
}

/** The picture with its channels in the order that the ControlNet was trained with. */
async function asSeen(
  family: string,
  name: string,
  inputs: Readonly<Record<string, Values>>,
): Promise<Record<string, Values>> {
  const config = await parsed(ControlNetConfig, await checkpointFolder(family), name, 'config.json');
  if (config.controlnet_conditioning_channel_order === 'rgb') return { ...inputs };
  const { shape, data } = inputs.control_cond!;
  const area = shape[2]! * shape[3]!;
  const flipped = data.map((_, i) => {
    const channel = Math.floor(i / area) % 3;
    return data[i + (2 - 2 * channel) * area]!;
  });
  return { ...inputs, control_cond: { shape, data: flipped } };
}

function rows(inputs: Readonly<Record<string, Values>>, chosen: readonly number[]): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => {
      const size = data.length / shape[0]!;
      const picked = new Float32Array(size * chosen.length);
      chosen.forEach((row, i) => {
        picked.set(data.subarray(row * size, (row + 1) * size), i * size);
      });
      return [name, { shape: [chosen.length, ...shape.slice(1)], data: picked }];
    }),
  );
}
