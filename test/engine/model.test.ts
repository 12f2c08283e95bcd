import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
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
  if (entry.isDirectory() && (await readdir(join(familiesFolder, entry.name))).includes('calls.json'))
    families.push(entry.name);
}

describe.each(families)('the networks of %s answer as diffusers and transformers do', async (family) => {
  const calls = await recordedCalls(family);
  const names = calls.map(({ network }, i) => `${network} (call ${i})`);

  it.each(names)('%s', async (name) => {
    const call = calls[names.indexOf(name)]!;
    const checkpoint = await openCheckpoint(await checkpointFolder(family), { cacheFolder });
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

function networkOf(model: Model, { network, inputs }: RecordedCall): Network {
  switch (network) {
    case 'text_encoder':
      return model.textEncoder(0);
    case 'text_encoder_2':
      return model.textEncoder(1);
    case 'unet': {
      const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
      return model.unet({ width, height, tokens: inputs.encoder_hidden_states!.shape[1]! });
    }
    case 'vae_decoder': {
      const [, , height, width] = inputs.latents!.shape as [number, number, number, number];
      return model.decoder({ width, height });
    }
    default: {
      const factor = model.checkpoint.vaeScaleFactor;
      const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
      return model.encoder({ width: width / factor, height: height / factor });
    }
  }
}

function feedsOf(model: Model, { network, inputs, outputs }: RecordedCall): Record<string, Tensor> {
  const feeds = Object.entries(inputs).map(([name, values]) => [name, tensorOf(name, values)] as const);
  const encoder = model.checkpoint.textEncoders[network === 'text_encoder' ? 0 : 1];
  if (encoder?.kind !== 'clip' || !outputs.text_embeds || !isXl(model.checkpoint))
    return Object.fromEntries(feeds);
  const ids = inputs.input_ids!.data;
  const end = encoder.config.eos_token_id === 2 ? Math.max(...ids) : (encoder.config.eos_token_id as number);
  return {
    ...Object.fromEntries(feeds),
    end_index: tensorOf('end_index', { shape: [1], data: Float32Array.of(ids.indexOf(end)) }),
  };
}

function tensorOf(name: string, { shape, data }: Values): Tensor {
  const whole = ['input_ids', 'attention_mask', 'end_index', 'class_labels'].includes(name);
  return whole
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
