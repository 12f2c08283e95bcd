import type { Device } from '../../job.js';
import type { Checkpoint } from '../checkpoint/folder.js';
import { isPlain } from '../pipelineClass.js';
import { cpuTarget } from './cpu.js';
import { cudaExactTarget, cudaTarget } from './cuda.js';
import type { Target } from './target.js';
import { webgpuPlainTarget, webgpuTarget } from './webgpu.js';
import { attentionWorksOnWebgpu } from './webgpu-attention.js';

/** What networks are built for on one device; `exact` where values may pass 65504, at which half floats end. */
export interface Targets {
  readonly usual: Target;
  readonly exact: Target;
}

/**
 * The targets of `device`. WebGPU's depend on the adapter, which is tried.
 *
 * @throws UserError `no-device`
 * @example const { usual } = await targetsOf('cuda:0'); // cudaTarget, in float16
 */
export async function targetsOf(device: Exclude<Device, 'auto'>): Promise<Targets> {
  if (device === 'cpu') return { usual: cpuTarget, exact: cpuTarget };
  if (device !== 'webgpu') return { usual: cudaTarget, exact: cudaExactTarget };
  const target = (await attentionWorksOnWebgpu()) ? webgpuTarget : webgpuPlainTarget;
  return { usual: target, exact: target };
}

/**
 * How a checkpoint's VAE has to be computed. SDXL's first one passes 65504 (its config says `force_upcast`), and
 * diffusers asks the config in SDXL's pipelines and the upscaler's only; a pipeline that diffusers does not know is taken at its word.
 */
export function vaePrecision({
  vae,
  pipelineClass,
}: Pick<Checkpoint, 'vae' | 'pipelineClass'>): keyof Targets {
  return vae.config.force_upcast && !isPlain(pipelineClass) ? 'exact' : 'usual';
}
