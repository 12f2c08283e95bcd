import { expect, test } from 'vitest';
import { sgmModules } from '../../../src/engine/lora/sgmModules.js';
import { readManifest } from '../../fixtures/manifest.js';

const modulesOf = async (family: string) => {
  const { manifest } = await readManifest(family);
  return manifest.files
    .filter(({ path }) => path.startsWith('unet/'))
    .flatMap(({ tensors }) => tensors.map(([name]) => name))
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -'.weight'.length));
};

test('every module of a U-Net has a name of its own in the original layout', async () => {
  for (const family of ['sd1', 'sdxl', 'sdxl-distilled', 'sdxl-wide']) {
    const modules = await modulesOf(family);
    const names = sgmModules(modules);
    const named = new Set(names.values());
    expect(
      modules.filter((module) => !named.has(module)),
      family,
    ).toEqual([]);
  }
});

/** Names in the real SDXL's files, whose two levels with attention have two of it on the way down and three on the way up. */
test('blocks are counted as Stability counts them', () => {
  const level = (block: string, resnets: number, attentions: boolean, sampler: string) => [
    ...Array.from({ length: resnets }, (_, i) => [
      `${block}.resnets.${i}.conv1`,
      ...(attentions ? [`${block}.attentions.${i}.proj_in`] : []),
    ]).flat(),
    ...(sampler ? [`${block}.${sampler}.0.conv`] : []),
  ];
  const names = sgmModules([
    ...level('down_blocks.0', 2, false, 'downsamplers'),
    ...level('down_blocks.1', 2, true, 'downsamplers'),
    ...level('down_blocks.2', 2, true, ''),
    ...level('up_blocks.0', 3, true, 'upsamplers'),
    ...level('up_blocks.1', 3, true, 'upsamplers'),
    ...level('up_blocks.2', 3, false, ''),
  ]);
  expect(Object.fromEntries(names)).toMatchObject({
    'input_blocks.1.0.in_layers.2': 'down_blocks.0.resnets.0.conv1',
    'input_blocks.3.0.op': 'down_blocks.0.downsamplers.0.conv',
    'input_blocks.4.1.proj_in': 'down_blocks.1.attentions.0.proj_in',
    'input_blocks.8.1.proj_in': 'down_blocks.2.attentions.1.proj_in',
    'output_blocks.2.1.proj_in': 'up_blocks.0.attentions.2.proj_in',
    'output_blocks.2.2.conv': 'up_blocks.0.upsamplers.0.conv',
    'output_blocks.5.2.conv': 'up_blocks.1.upsamplers.0.conv',
    'output_blocks.8.0.in_layers.2': 'up_blocks.2.resnets.2.conv1',
  });
});
