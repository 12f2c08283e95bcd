import { cp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { createModel } from '../../src/engine/model.js';
import { openSafetyCheck } from '../../src/engine/safetyCheck.js';
import { UserError } from '../../src/errors.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { checkedFamily, recordedSafety } from '../fixtures/safety.js';
import { scratchFolder } from './checkpoint/scratch.js';

const { pictures } = await recordedSafety();
const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
const checkpoint = await openCheckpoint(await checkpointFolder(checkedFamily), { cacheFolder });
const model = createModel(checkpoint, { device: 'cpu', cacheFolder, threads: 1 });
afterAll(() => model.close());

const checker = checkpoint.safetyChecker!;
const [{ picture }] = pictures as [(typeof pictures)[number]];

it.each(pictures)('$file gets the verdict that diffusers gives it', async ({ picture, flagged }) => {
  const check = await openSafetyCheck(checker, model.safetyChecker!);
  expect(await check.verdictOf(picture)).toBe(flagged ? 'flagged' : 'safe');
});

describe('a check that fails lets no picture pass', () => {
  const network = (run: () => Promise<Float32Array>) => ({
    open: async () => {},
    hold: () => () => {},
    run: async () => ({ image_embeds: { dtype: 'float32' as const, dims: [1, 16], data: await run() } }),
  });

  it.each<[what: string, run: () => Promise<Float32Array>, why: string]>([
    [
      'for a defect',
      async () => {
        throw new Error('the tensor is upset');
      },
      'the safety checker failed',
    ],
    [
      'for want of memory',
      async () => {
        throw new UserError('out-of-memory', 'Cannot run the model on cpu: it is too large');
      },
      'Cannot run the model on cpu: it is too large',
    ],
    ['for numbers that are none', async () => new Float32Array(16).fill(NaN), 'the safety checker failed'],
  ])('%s', async (_, run, why) => {
    const check = await openSafetyCheck(checker, network(run));
    const failure = await check.verdictOf(picture).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(failure).toMatchObject({
      code: 'unsafe',
      message: `Cannot show the picture, as it could not be checked: ${why}`,
    });
    expect((failure as Error).cause).toBeInstanceOf(Error);
  });
});

describe('a checker is refused when it is opened', () => {
  const copied = async () => {
    const folder = join(await scratchFolder(), 'model');
    await cp(await checkpointFolder(checkedFamily), folder, { recursive: true });
    return folder;
  };
  const open = async (folder: string) => {
    const { safetyChecker } = await openCheckpoint(folder, { cacheFolder });
    return openSafetyCheck(safetyChecker!, model.safetyChecker!);
  };

  it('without its weights', async () => {
    const folder = await copied();
    await rm(join(folder, 'safety_checker/model.safetensors'));
    await expect(open(folder)).rejects.toThrow(/safety_checker: there are no weights in it, want /);
  });

  it('with the weights of another network', async () => {
    const folder = await copied();
    await cp(
      join(folder, 'text_encoder/model.safetensors'),
      join(folder, 'safety_checker/model.safetensors'),
    );
    await expect(open(folder)).rejects.toMatchObject({
      code: 'bad-model',
      message: `Cannot open ${join(folder, 'safety_checker')}: special_care_embeds is missing, want it there`,
    });
  });

  it('with concepts of another size than its config says', async () => {
    const folder = await copied();
    const file = join(folder, 'safety_checker/config.json');
    const vision_config = { image_size: 30, patch_size: 10 };
    await writeFile(file, JSON.stringify({ projection_dim: 24, vision_config }));
    await expect(open(folder)).rejects.toThrow(
      'special_care_embeds is [3,16], want 1 to 1000 rows of the 24 of projection_dim',
    );
  });
});
