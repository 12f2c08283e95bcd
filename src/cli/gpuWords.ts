import type { CudaSystem } from '../gpu/cudaSystem.js';

/** What `kiln gpu` and `kiln doctor` show of GPUs. */
export function gpuLines({ gpus }: CudaSystem): string {
  const shown = gpus.map(({ name, memoryMb, computeCapability }) =>
    [name, memoryMb && `${memoryMb} MiB`, computeCapability && `compute capability ${computeCapability}`]
      .filter(Boolean)
      .join(', '),
  );
  return shown.join('; ') || 'none (nvidia-smi tells of none)';
}

export const providerWords: Readonly<Record<CudaSystem['provider'], string>> = {
  installed: 'installed',
  other: 'of another version',
  missing: 'not installed',
};
