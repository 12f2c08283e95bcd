import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/engine/checkpoint/config/parseConfig.js';
import { UNetConfig } from '../../src/engine/checkpoint/config/unet.js';
import { VaeConfig } from '../../src/engine/checkpoint/config/vae.js';
import { TinyVaeConfig } from '../../src/engine/checkpoint/config/vaeTiny.js';
import { type Checkpoint, openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { openWeights } from '../../src/engine/checkpoint/weights.js';
import type { Network } from '../../src/engine/kept-sessions.js';
import { createModel, isXl, type Model } from '../../src/engine/model.js';
import type { Tensor } from '../../src/engine/session.js';
import { type RecordedCall, recordedCalls, type Values } from '../fixtures/calls.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { familiesFolder } from '../fixtures/families.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-model-'));
afterAll(() => rm(cacheFolder, { recursive: true }));

const families: string[] = [];
for (const entry of await readdir(familiesFolder, { withFileTypes: true })) {
  // What networks/controlnet.test.ts compares: they are nothing without the checkpoint of another family.
  if (entry.name.endsWith('-control')) continue;
  if (entry.isDirectory() && (await readdir(join(familiesFolder, entry.name))).includes('calls.json'))
    families.push(entry.name);
}

describe.each(families)('the networks of %s answer as diffusers and transformers do', async (family) => {
  const calls = await recordedCalls(family);
  const names = calls.map(({ network }, i) => `${network} (call ${i})`);

  it.each(names)('%s', async (name) => {
    const call = calls[names.indexOf(name)]!;
    const checkpoint = await openParts(await checkpointFolder(family));
    const model = createModel(checkpoint, { device: 'cpu', cacheFolder, threads: 1 });
    try {
      const outputs = await networkOf(model, call).run(feedsOf(model, call));
      for (const [output, tensor] of Object.entries(outputs)) {
        const wanted = call.outputs[recordedName(model, output)];
        expect(wanted, `${output} is recorded`).toBeDefined();
        expect([...tensor.dims]).toEqual(wanted!.shape);
        const difference = largestDifference(tensor.data as Float32Array, wanted!.data);
        // Float32 sums in another order: a few ulps of the largest value, more after a dozen layers.
        expect(difference, `largest difference of ${output}`).toBeLessThan(2e-4 * largest(wanted!.data));
      }
    } finally {
      await model.close();
    }
  });
});

/** A whole checkpoint, or one network in its folder, with nothing around it. */
async function openParts(folder: string): Promise<Checkpoint> {
  if (existsSync(join(folder, 'model_index.json'))) return openCheckpoint(folder, { cacheFolder });
  const component = (name: string) => {
    const path = join(folder, name);
    return { folder: path, weights: () => openWeights(path, { cacheFolder }) };
  };
  const parts = { textEncoders: [], pipelineClass: 'none', vaeScaleFactor: 8 };
  if (existsSync(join(folder, 'unet'))) {
    const config = await parseConfig(UNetConfig, join(folder, 'unet/config.json'));
    return { ...parts, unet: { ...component('unet'), config } } as unknown as Checkpoint;
  }
  const file = join(folder, 'vae/config.json');
  const { _class_name: kind } = JSON.parse(await readFile(file, 'utf8'));
  const vae =
    kind === 'AutoencoderKL'
      ? { ...component('vae'), kind: 'kl', config: await parseConfig(VaeConfig, file) }
      : { ...component('vae'), kind: 'tiny', config: await parseConfig(TinyVaeConfig, file) };
  const channels = vae.kind === 'kl' ? 'block_out_channels' : 'decoder_block_out_channels';
  const levels = (vae.config as unknown as Record<string, number[]>)[channels]!.length;
  return { ...parts, vae, vaeScaleFactor: 2 ** (levels - 1) } as unknown as Checkpoint;
}

function networkOf(model: Model, { network, inputs }: RecordedCall): Network {
  switch (network) {
    case 'text_encoder':
    case 'text_encoder_2':
      return model.textEncoder(encoderIndex(model, network));
    case 'unet': {
      const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
      return model.unet({ width, height, tokens: inputs.encoder_hidden_states!.shape[1]! });
    }
    case 'vae_decoder': {
      const [, , height, width] = inputs.latents!.shape as [number, number, number, number];
      return model.decoder({ width, height });
    }
    case 'safety_checker':
      return model.safetyChecker!;
    default: {
      const factor = model.checkpoint.vaeScaleFactor;
      const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
      return model.encoder({ width: width / factor, height: height / factor });
    }
  }
}

function feedsOf(model: Model, { network, inputs, outputs }: RecordedCall): Record<string, Tensor> {
  const table = network === 'unet' && model.checkpoint.unet.config.class_embed_type === null;
  const feeds = Object.entries(inputs).map(
    ([name, values]) => [name, tensorOf(name, values, table)] as const,
  );
  const encoder = model.checkpoint.textEncoders[encoderIndex(model, network)];
  if (encoder?.kind !== 'clip' || !outputs.text_embeds || !isXl(model.checkpoint))
    return Object.fromEntries(feeds);
  const ids = inputs.input_ids!.data;
  const end = encoder.config.eos_token_id === 2 ? Math.max(...ids) : (encoder.config.eos_token_id as number);
  return {
    ...Object.fromEntries(feeds),
    end_index: tensorOf('end_index', { shape: [1], data: Float32Array.of(ids.indexOf(end)) }),
  };
}

/** SDXL's refiner has its second one alone. */
function encoderIndex({ checkpoint }: Model, network: string): number {
  return checkpoint.textEncoders.length > 1 && network === 'text_encoder_2' ? 1 : 0;
}

/** @param table whether class labels are rows of an embedding table */
function tensorOf(name: string, { shape, data }: Values, table = false): Tensor {
  if (name === 'class_labels' && table) {
    return { dtype: 'int64', dims: shape, data: BigInt64Array.from(data, BigInt) };
  }
  return ['input_ids', 'attention_mask', 'end_index'].includes(name)
    ? { dtype: 'int32', dims: shape, data: Int32Array.from(data) }
    : { dtype: 'float32', dims: shape, data };
}

function recordedName(model: Model, output: string): string {
  if (output !== 'states') return output;
  return isXl(model.checkpoint) ? 'penultimate_hidden_state' : 'last_hidden_state';
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
