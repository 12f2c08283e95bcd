import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SafetyCheckerConfig } from '../../../src/engine/checkpoint/config/safetyChecker.js';
import { buildSafetyChecker } from '../../../src/engine/networks/safety.js';
import { recordedCalls } from '../../fixtures/calls.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { differenceOf } from '../../fixtures/difference.js';
import { checkedFamily, recordedSafety } from '../../fixtures/safety.js';
import { openNetwork, type Run } from './open-network.js';

const folder = join(await checkpointFolder(checkedFamily), 'safety_checker');

async function openChecker(changes: object = {}): Promise<Run> {
  const json = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  const vision_config = { ...json.vision_config, ...changes };
  const config = SafetyCheckerConfig.parse({ ...json, vision_config });
  return openNetwork(folder, (p) => buildSafetyChecker(p, config));
}

// Both add up in float32, in another order.
const tolerance = 1e-4;

describe("the safety checker's network gives the embedding that diffusers gives", async () => {
  const calls = await recordedCalls(checkedFamily);
  it.each(calls)('of noise ($network)', async ({ inputs, outputs }) => {
    const { image_embeds } = await (await openChecker())(inputs);
    expect(image_embeds!.shape).toEqual([1, 16]);
    const { difference, largest } = differenceOf(image_embeds!.data, outputs.image_embeds!.data);
    expect(difference, `largest difference, of ${largest}`).toBeLessThan(tolerance * largest);
  });

  const { pictures } = await recordedSafety();
  it.each(pictures)('of $file', async ({ clipInput, imageEmbeds }) => {
    const { image_embeds } = await (await openChecker())({ pixel_values: clipInput });
    const { difference, largest } = differenceOf(image_embeds!.data, imageEmbeds.data);
    expect(difference, `largest difference, of ${largest}`).toBeLessThan(tolerance * largest);
  });
});

describe('a safety checker that does not fit its weights is refused, with the layer and both shapes', () => {
  it.each([
    [{ patch_size: 15 }, 'vision_model.embeddings.patch_embedding.weight is [32,3,10,10], want [32,3,15,15]'],
    [{ image_size: 40 }, 'vision_model.embeddings.position_embedding.weight is [10,32], want [17,32]'],
    [{ num_hidden_layers: 4 }, 'vision_model.encoder.layers.3.layer_norm1.weight is missing, want [32]'],
  ])('%j', async (changes, message) => {
    await expect(openChecker(changes)).rejects.toMatchObject({
      code: 'bad-model',
      message: `Cannot build network: ${message}`,
    });
  });
});
