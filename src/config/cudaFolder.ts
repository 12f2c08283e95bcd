import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where `kiln gpu install --cuda` puts CUDA's libraries, as an absolute path: the loader has no folder of its own. */
export function cudaFolderIn(dataFolder: string): string {
  return resolve(join(dataFolder, 'gpu', 'lib'));
}

/**
 * The environment in which the dynamic loader also looks into that folder, where there is one: last, so that what
 * somebody has set goes first.
 *
 * @example withCudaFolder({ KILN_DATA: '/data' }).LD_LIBRARY_PATH; // '/data/gpu/lib'
 */
export function withCudaFolder(environment: Environment): Environment {
  const folder = cudaFolderIn(environment.KILN_DATA || './data');
  if (process.platform !== 'linux' || !existsSync(folder)) return environment;
  // An empty part would be the working folder.
  const parts = (environment.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean);
  return parts.includes(folder)
    ? environment
    : { ...environment, LD_LIBRARY_PATH: [...parts, folder].join(delimiter) };
}
