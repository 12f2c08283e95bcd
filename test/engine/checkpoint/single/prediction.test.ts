import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../src/engine/checkpoint/folder.js';
import { scratchFolder } from '../scratch.js';
import { type Listed, realTensors, sd2Tensors, writeEmptyFile } from './emptyFile.js';

interface Case {
  readonly tensors?: () => Promise<Map<string, Listed>>;
  readonly more?: Readonly<Record<string, Listed>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Files beside it, by their extension. */
  readonly beside?: Readonly<Record<string, string>>;
}

async function schedulerOf({ tensors = sd2Tensors, more = {}, metadata, beside = {} }: Case) {
  const folder = await scratchFolder();
  const file = join(folder, 'dreamy.safetensors');
  await writeEmptyFile(file, new Map([...(await tensors()), ...Object.entries(more)]), metadata);
  for (const [extension, text] of Object.entries(beside))
    await writeFile(join(folder, `dreamy.${extension}`), text);
  const { scheduler, sampleWidth, defaults } = await openCheckpoint(file, { cacheFolder: '/nowhere' });
  return { ...(scheduler as Record<string, unknown>), latents: sampleWidth, defaults };
}

/** The norm of Stable Diffusion 2's last attention, with numbers of a given spread. */
function telltale(deviation: number): Record<string, Listed> {
  const values = Float32Array.from({ length: 320 }, (_, i) => (i % 2 === 0 ? deviation : -deviation));
  const name = 'model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias';
  return { [name]: { shape: [320], dtype: 'F32', bytes: new Uint8Array(values.buffer) } };
}

function steps(count: bigint): Record<string, Listed> {
  return { global_step: { shape: [], dtype: 'I64', bytes: new Uint8Array(BigInt64Array.of(count).buffer) } };
}

const xl = () => realTensors('sdxl');
const sd1 = () => realTensors('sd15');
const marker: Listed = { shape: [0] };
const byNoise = { _class_name: 'PNDMScheduler', prediction_type: 'epsilon', latents: 64 };
const byV = { _class_name: 'DDIMScheduler', prediction_type: 'v_prediction', latents: 96 };
const yaml =
  'model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    parameterization: "v"\n';
const euler = { _class_name: 'EulerDiscreteScheduler', latents: 128 };

describe('what a U-Net predicts, and by which scheduler, follows', () => {
  it.each<[what: string, Case, wanted: object]>([
    ['for SD 2 without a word, from a norm of little spread', { more: telltale(0.05) }, byNoise],
    ['for SD 2 without a word, from a norm of much spread', { more: telltale(0.12) }, byV],
    ["from the steps of SD 2's base", { more: { ...telltale(0.12), ...steps(875_000n) } }, byNoise],
    ['from other steps', { more: { ...telltale(0.12), ...steps(220_000n) } }, byV],
    ['from its metadata', { metadata: { 'modelspec.prediction_type': 'v' } }, byV],
    [
      'from its metadata before its norm',
      { more: telltale(0.2), metadata: { 'modelspec.prediction_type': 'epsilon' } },
      byNoise,
    ],
    [
      'from no metadata that means nothing',
      { metadata: { 'modelspec.prediction_type': 'constructor' } },
      byNoise,
    ],
    ['from an LDM config beside it', { beside: { yaml } }, byV],
    [
      'from a config beside it that has no such line',
      { beside: { yaml: 'model:\n  params: {}\n' } },
      byNoise,
    ],
    [
      'from JSON beside it before its metadata',
      { beside: { json: '{"prediction_type":"epsilon"}' }, metadata: { 'modelspec.prediction_type': 'v' } },
      byNoise,
    ],
    ['for SDXL', { tensors: xl }, { ...euler, prediction_type: 'epsilon', timestep_spacing: 'leading' }],
    [
      'for SDXL from the empty tensor v_pred',
      { tensors: xl, more: { v_pred: marker } },
      { ...euler, prediction_type: 'v_prediction' },
    ],
    [
      'for SDXL from v_pred and ztsnr',
      { tensors: xl, more: { v_pred: marker, ztsnr: marker } },
      {
        ...euler,
        prediction_type: 'v_prediction',
        rescale_betas_zero_snr: true,
        timestep_spacing: 'trailing',
      },
    ],
    ['for SD 1 from v_pred', { tensors: sd1, more: { v_pred: marker } }, { ...byV, latents: 64 }],
    ['for SD 1, whose norms say nothing', { tensors: sd1, more: telltale(0.2) }, byNoise],
    [
      'all from JSON beside it',
      {
        tensors: sd1,
        beside: {
          json: JSON.stringify({
            ...{ notes: 'from elsewhere', image_size: 768, defaults: { steps: 8, guidance: 2 } },
            scheduler: { _class_name: 'LCMScheduler' },
          }),
        },
      },
      { _class_name: 'LCMScheduler', latents: 96, defaults: { steps: 8, guidance: 2 } },
    ],
  ])('%s', async (_, given, wanted) => {
    expect(await schedulerOf(given)).toMatchObject(wanted);
  });

  it('from nothing that lies', async () => {
    await expect(schedulerOf({ beside: { json: '{"prediction_type":"w"}' } })).rejects.toThrow(
      /dreamy\.json: prediction_type is "w", want "epsilon" or "v_prediction" or "sample"$/,
    );
  });
});
