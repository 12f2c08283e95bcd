import { cudaSystem } from '../gpu/cudaSystem.js';
import { whatIsMissing } from '../gpu/whatIsMissing.js';

/**
 * What is missing to draw on a CUDA device, where one was asked for by name.
 *
 * @returns undefined for other devices, and where nothing is known to be missing
 * @example await whyNoGpu('cuda', environment); // 'Cannot draw on an NVIDIA GPU: found no driver, …'
 */
export async function whyNoGpu(
  device: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  return device.startsWith('cuda') ? whatIsMissing(await cudaSystem(environment)) : undefined;
}
