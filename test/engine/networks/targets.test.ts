import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { cpuTarget } from '../../../src/engine/networks/cpu.js';
import { cudaExactTarget, cudaTarget } from '../../../src/engine/networks/cuda.js';
import { targetsOf, vaePrecision } from '../../../src/engine/networks/targets.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');

describe('the targets of a device', () => {
  it.each(['cuda:0', 'cuda:1', 'cuda'] as const)(
    '%s computes in half floats, or single ones',
    async (device) => {
      expect(await targetsOf(device)).toEqual({ usual: cudaTarget, exact: cudaExactTarget });
      expect([cudaTarget.dtype, cudaExactTarget.dtype]).toEqual(['float16', 'float32']);
    },
  );

  it('the CPU has one', async () => {
    expect(await targetsOf('cpu')).toEqual({ usual: cpuTarget, exact: cpuTarget });
  });
});

describe('the VAE is computed', () => {
  it.each([
    ['sd1', 'usual'],
    ['sd2v', 'usual'],
    ['lcm', 'usual'],
    ['sdxl', 'exact'],
    ['sdxl-refiner', 'exact'],
    ['sprite-tiny', 'exact'],
  ] as const)('of %s in the %s type', async (family, precision) => {
    const checkpoint = await openCheckpoint(await checkpointFolder(family), { cacheFolder });
    expect(vaePrecision(checkpoint)).toBe(precision);
  });

  it('in half floats where the config says that they hold', async () => {
    const { vae, pipelineClass } = await openCheckpoint(await checkpointFolder('sdxl'), { cacheFolder });
    if (vae.kind !== 'kl') throw new Error('want an AutoencoderKL');
    expect(
      vaePrecision({ pipelineClass, vae: { ...vae, config: { ...vae.config, force_upcast: false } } }),
    ).toBe('usual');
  });
});
