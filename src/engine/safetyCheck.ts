import { UserError } from '../errors.js';
import type { Pixels } from '../job.js';
import type { SafetyChecker } from './checkpoint/folder.js';
import { refuse } from './checkpoint/refuse.js';
import { readTensor } from './checkpoint/safetensors.js';
import type { Weights } from './checkpoint/weights.js';
import { clipInput } from './clipInput.js';
import { type Concepts, isFlagged } from './concepts.js';
import type { Network } from './kept-sessions.js';

/** Looks at pictures with a checkpoint's own safety checker. */
export interface SafetyCheck {
  /** @throws UserError `unsafe` when the check fails, whatever the reason: such a picture is not safe. */
  verdictOf(picture: Pixels): Promise<'safe' | 'flagged'>;
}

const maxConcepts = 1000;

/**
 * Reads the concepts that a checker looks for, and gives the check.
 *
 * @param network the checker's, as `createModel` gives it
 * @throws UserError `bad-model` where its weights cannot be read or trusted, or the concepts are not in them.
 * @example
 * const check = await openSafetyCheck(checkpoint.safetyChecker, model.safetyChecker!);
 * await check.verdictOf(pixels); // 'safe'
 */
export async function openSafetyCheck(checker: SafetyChecker, network: Network): Promise<SafetyCheck> {
  const weights = await checker.weights();
  const concepts = {
    special: await readConcepts(checker, weights, 'special_care_embeds'),
    bad: await readConcepts(checker, weights, 'concept_embeds'),
  };
  const { image } = checker;

  return {
    async verdictOf(picture) {
      try {
        const dims = [1, 3, image.crop, image.crop];
        const pixel_values = { dtype: 'float32', dims, data: clipInput(picture, image) } as const;
        const { image_embeds } = await network.run({ pixel_values });
        return isFlagged(image_embeds!.data as Float32Array, concepts) ? 'flagged' : 'safe';
      } catch (error) {
        const why = error instanceof UserError ? error.message : 'the safety checker failed';
        throw new UserError('unsafe', `Cannot show the picture, as it could not be checked: ${why}`, {
          cause: error,
        });
      }
    },
  };
}

async function readConcepts({ folder, config }: SafetyChecker, weights: Weights, name: string) {
  const { tensors } = weights;
  const [embeds, thresholds] = [tensors.get(name), tensors.get(`${name}_weights`)];
  if (!embeds || !thresholds) refuse(folder, `${embeds ? `${name}_weights` : name} is missing`, 'it there');
  const [count = 0, size, ...more] = embeds.shape;
  if (more.length > 0 || size !== config.projection_dim || count < 1 || count > maxConcepts) {
    refuse(
      folder,
      `${name} is [${embeds.shape}]`,
      `1 to ${maxConcepts} rows of the ${config.projection_dim} of projection_dim`,
    );
  }
  if (thresholds.shape.join() !== String(count))
    refuse(folder, `${name}_weights is [${thresholds.shape}]`, `[${count}]`);
  const concepts: Concepts = { embeds: await readTensor(embeds), thresholds: await readTensor(thresholds) };
  return concepts;
}
