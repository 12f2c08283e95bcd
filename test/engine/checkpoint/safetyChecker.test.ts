import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ClipImageConfig } from '../../../src/engine/checkpoint/config/clipImage.js';
import { SafetyCheckerConfig } from '../../../src/engine/checkpoint/config/safetyChecker.js';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { readModelFacts } from '../../../src/engine/readModelFacts.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { checkedFamily, recordedSafety } from '../../fixtures/safety.js';
import { scratchFolder } from './scratch.js';

const { defaults } = await recordedSafety();
const open = (folder: string) => openCheckpoint(folder, { cacheFolder: join(folder, 'never-written') });

/** A copy of the family without its weights, one JSON file changed. */
async function changed(file: string, change: object = {}): Promise<string> {
  const folder = join(await scratchFolder(), 'model');
  const filter = (path: string) => !/safetensors$/.test(path);
  await cp(await checkpointFolder(checkedFamily), folder, { recursive: true, filter });
  const json = JSON.parse(await readFile(join(folder, file), 'utf8')) as object;
  await writeFile(join(folder, file), JSON.stringify({ ...json, ...change }));
  return folder;
}

describe('a checkpoint has a safety checker', () => {
  test('when its index names one and the folder is there', async () => {
    const folder = await changed('model_index.json');
    expect((await open(folder)).safetyChecker).toMatchObject({
      config: { projection_dim: 16, vision: { image_size: 30, patch_size: 10 } },
      image: { shortestEdge: 30, crop: 30 },
    });
    expect(await readModelFacts(folder)).toMatchObject({ checked: true });
  });

  test('not when its index names none, whatever lies beside it', async () => {
    for (const safety_checker of [[null, null], undefined]) {
      const folder = await changed('model_index.json', { safety_checker });
      expect((await open(folder)).safetyChecker).toBeUndefined();
      expect(await readModelFacts(folder)).toMatchObject({ checked: false });
    }
  });

  test('not when its folder was left out', async () => {
    const folder = await changed('model_index.json');
    await rm(join(folder, 'safety_checker'), { recursive: true });
    expect((await open(folder)).safetyChecker).toBeUndefined();
  });

  test('but not a broken one: then it does not open', async () => {
    const folder = await changed('model_index.json');
    await rm(join(folder, 'safety_checker'), { recursive: true });
    const config = join(folder, 'safety_checker/config.json');
    await mkdir(join(folder, 'safety_checker'));
    await expect(open(folder)).rejects.toThrow(`Cannot open ${config}: there is no such file`);
    await rm(join(folder, 'safety_checker'), { recursive: true });
    await symlink('/nowhere', join(folder, 'safety_checker'));
    await expect(open(folder)).rejects.toThrow(`Cannot open ${config}: there is no such file`);
  });
});

describe('a safety checker is refused', () => {
  const preprocessor = 'feature_extractor/preprocessor_config.json';
  test.each<[what: string, file: string, change: object, why: string]>([
    [
      'of another class',
      'model_index.json',
      { safety_checker: ['stable_diffusion', 'FlaxStableDiffusionSafetyChecker'] },
      'its safety_checker is of class "FlaxStableDiffusionSafetyChecker", want StableDiffusionSafetyChecker',
    ],
    [
      'with pictures cut to another size than its network takes',
      preprocessor,
      { crop_size: 24 },
      'crop_size is 24, want 30, the image_size of the safety checker',
    ],
    [
      'with pictures smaller than the cut',
      preprocessor,
      { size: { shortest_edge: 28 } },
      'size is 28, want at least the 30 of crop_size',
    ],
    [
      'with pictures cut to no square',
      preprocessor,
      { crop_size: { height: 30, width: 24 } },
      'crop_size.width is 24, want 30, as its height is',
    ],
    ['with another filter', preprocessor, { resample: 2 }, 'resample is 2, want 3, as no other is supported'],
    [
      'without normalising',
      preprocessor,
      { do_normalize: false },
      'do_normalize is false, want true, as no other is supported',
    ],
    [
      'with patches larger than the picture',
      'safety_checker/config.json',
      { vision_config: { image_size: 20, patch_size: 30 } },
      'vision_config.patch_size is 30, want one that gives 1 to 4096 patches of 20 pixels a side',
    ],
    [
      'with too many patches',
      'safety_checker/config.json',
      { vision_config: { image_size: 1024, patch_size: 1 } },
      'vision_config.patch_size is 1, want one that gives 1 to 4096 patches of 1024 pixels a side',
    ],
  ])('%s', async (_, file, change, why) => {
    const folder = await changed(file, change);
    await expect(open(folder)).rejects.toMatchObject({
      code: 'bad-model',
      message: `Cannot open ${join(folder, file)}: ${why}`,
    });
  });

  test('without a feature extractor', async () => {
    const folder = await changed('model_index.json');
    await rm(join(folder, 'feature_extractor'), { recursive: true });
    await expect(open(folder)).rejects.toThrow(`${preprocessor}: there is no such file`);
  });
});

describe('what a config leaves out is as in transformers', () => {
  test('CLIPConfig', () => {
    const { projection_dim, vision } = SafetyCheckerConfig.parse({});
    expect({ projection_dim, vision }).toEqual({
      projection_dim: defaults.projection_dim,
      vision: defaults.vision_config,
    });
  });

  test('CLIPImageProcessor', () => {
    expect(ClipImageConfig.parse({})).toEqual(ClipImageConfig.parse(defaults.preprocessor));
    expect(Object.keys(ClipImageConfig.in.shape).sort()).toEqual(Object.keys(defaults.preprocessor).sort());
  });
});

test('an old vision_config_dict goes before vision_config, with the defaults for what it leaves out', () => {
  const { vision } = SafetyCheckerConfig.parse({
    vision_config: { hidden_size: 1152, patch_size: 16 },
    vision_config_dict: { hidden_size: 1024, num_attention_heads: 16 },
  });
  expect(vision).toMatchObject({ hidden_size: 1024, num_attention_heads: 16, patch_size: 32 });
});
