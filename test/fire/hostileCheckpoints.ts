import { cp } from 'node:fs/promises';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { configAttacks } from './hostileConfigs.js';
import { weightAttacks } from './hostileWeights.js';
import { createRandom } from './random.js';

/** Checkpoints of every float type, in one file and in shards, with CLIP and with BERT. */
export const families = ['sd1-fp16', 'sd1-bf16', 'sd1', 'sprite-tiny'];

/**
 * Makes the hostile checkpoint of one seed in `folder`: a good one with one attack on it.
 *
 * @returns what was done, for people.
 */
export async function makeHostileCheckpoint(seed: number, folder: string): Promise<string> {
  const kinds = Object.entries({ ...weightAttacks, ...configAttacks });
  // In strides, so that a short run has attacks of all sorts too; 7 and the number of kinds share no factor.
  const [name, attack] = kinds[(seed * 7) % kinds.length]!;
  const random = createRandom(seed);
  const family = random.pick(families);
  await cp(await checkpointFolder(family), folder, { recursive: true });
  await attack(random, folder);
  return `${name} (${family}, seed ${seed})`;
}
