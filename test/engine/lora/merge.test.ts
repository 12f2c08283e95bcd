import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { readHeader, readTensor } from '../../../src/engine/checkpoint/safetensors.js';
import { fitLora, type Target } from '../../../src/engine/lora/fitLora.js';
import { type Change, mergeLayer } from '../../../src/engine/lora/mergeLayer.js';
import { indexModules } from '../../../src/engine/lora/moduleIndex.js';
import { multiply } from '../../../src/engine/lora/multiply.js';
import { openLora } from '../../../src/engine/lora/openLora.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { differenceOf } from '../../fixtures/difference.js';
import { loraCases, lorasFolder } from '../../fixtures/loras.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-merge-'));
afterAll(() => rm(cacheFolder, { recursive: true }));
const samples = await readHeader(join(lorasFolder, 'samples.safetensors'));

test.each(await loraCases())(
  'every weight that LoRA $name changes is what peft or LyCORIS makes of it',
  async ({ name, family, loras }) => {
    const targets = await targetsOf(family);
    const fits = await Promise.all(
      loras.map(async (use) =>
        fitLora(use.name, await openLora(join(lorasFolder, `${use.name}.safetensors`), cacheFolder), targets),
      ),
    );
    const recorded = [...samples].filter(([key]) => key.startsWith(`${name}/`));
    const changed = new Set<string>();
    for (const { changes } of fits) {
      for (const [part, tensors] of changes)
        for (const tensor of tensors.keys()) changed.add(`${name}/${part}/${tensor}`);
    }
    expect([...changed].sort()).toEqual(recorded.map(([key]) => key).sort());

    let [largest, furthest] = [0, 0];
    for (const [key, info] of recorded) {
      const [, part, tensor] = key.split('/') as [string, Target['part'], string];
      const { weights } = targets.find((target) => target.part === part)!;
      const changes: Change[] = loras.flatMap(({ weight }, i) => {
        const change = fits[i]!.changes.get(part)?.get(tensor);
        return change ? [{ ...change, weight }] : [];
      });
      const base = weights.tensors.get(tensor)!;
      const [rows = 1, inputs = 1, ...sides] = base.shape;
      const shape = { rows, inputs, kernel: sides.reduce((product, side) => product * side, 1) };
      const merged = await mergeLayer(await readTensor(base), shape, changes, multiply);
      const wanted = await readTensor(info);
      const step = Math.max(1, Math.floor(merged.length / sampleCount));
      const found = merged.filter((_, i) => i % step === 0).slice(0, wanted.length);
      const { difference, largest: most } = differenceOf(found, wanted);
      if (difference > 1e-5) console.log(key, difference);
      furthest = Math.max(furthest, difference);
      largest = Math.max(largest, most);
    }
    console.log(
      `${recorded.length} weights up to ${largest.toFixed(2)}, at most ${furthest.toExponential(1)} apart`,
    );
    expect(furthest).toBeLessThan(1e-5);
  },
);

/** Of each weight so many numbers are recorded, as scripts/golden/families/loras.py has it. */
const sampleCount = 24;

async function targetsOf(family: string): Promise<Target[]> {
  const checkpoint = await openCheckpoint(await checkpointFolder(family), { cacheFolder });
  const parts = [
    ['unet', checkpoint.unet],
    ...checkpoint.textEncoders.map(
      (encoder, i) => [i === 0 ? 'text_encoder' : 'text_encoder_2', encoder] as const,
    ),
  ] as const;
  return Promise.all(
    parts.map(async ([part, component]) => {
      const weights = await component.weights();
      return { part, weights, modules: indexModules(part as Target['part'], weights) } as Target;
    }),
  );
}
