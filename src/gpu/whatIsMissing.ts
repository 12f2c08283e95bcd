import type { CudaSystem } from './cudaSystem.js';

/** Of CUDA 13: NVIDIA's "CUDA Toolkit Release Notes", table 2 and the architectures that it has left. */
const leastDriver = 580;
const leastCapability = 7.5;

/**
 * What keeps this machine from drawing on an NVIDIA GPU, in one sentence: the first thing to do, before which nothing
 * else helps.
 *
 * @returns undefined where nothing is known to be missing; whether it works is for a try to say
 * @example whatIsMissing(await cudaSystem(environment)); // 'Cannot draw on an NVIDIA GPU: found no driver …'
 */
export function whatIsMissing(system: CudaSystem): string | undefined {
  const { platform, gpus, driver, provider, libraries } = system;
  const cannot = (found: string, wanted: string) =>
    `Cannot draw on an NVIDIA GPU: found ${found}, want ${wanted}`;
  if (platform !== 'linux x64') return cannot(platform, 'Linux on x64, where ONNX Runtime has CUDA for Node');
  if (driver === undefined && !libraries['libcuda.so.1']) {
    return cannot(
      'no driver',
      `NVIDIA's driver ${leastDriver} or later (in a container: docker run --gpus all)`,
    );
  }
  if (driver !== undefined && Number.parseInt(driver, 10) < leastDriver) {
    return cannot(`driver ${driver}`, `${leastDriver} or later, as CUDA 13 does`);
  }
  if (driver !== undefined && gpus.length === 0 && !libraries['libcuda.so.1']) {
    return cannot(
      `driver ${driver} without libcuda.so.1`,
      "the driver's libraries (in a container: docker run --gpus all)",
    );
  }
  const old = gpus.filter(({ computeCapability }) => Number(computeCapability) < leastCapability);
  if (gpus.length > 0 && old.length === gpus.length) {
    return cannot(
      `${old[0]!.name} of compute capability ${old[0]!.computeCapability}`,
      `${leastCapability} or more (Turing), as CUDA 13 does`,
    );
  }
  if (provider === 'missing')
    return cannot("no CUDA provider of ONNX Runtime's", 'it installed: kiln gpu install');
  if (provider === 'other') return cannot('a CUDA provider of another version', 'kiln gpu install again');
  const missing = Object.keys(libraries).filter((name) => !libraries[name]);
  if (missing.length === 0) return undefined;
  const rest = missing.length === 1 && missing[0] === 'libcudnn.so' ? 'cuDNN 9' : 'CUDA 13 and cuDNN 9';
  return cannot(
    `no ${missing.join(', ')}`,
    `${rest} in the loader's path: kiln gpu install --cuda brings them`,
  );
}
