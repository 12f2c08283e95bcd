import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { neededLibraries } from './neededLibraries.js';
import { programOutput } from './programOutput.js';
import { providerFolder } from './providerFolder.js';
import { holds, readRecord } from './record.js';
import { providerBundle } from './wheels.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A GPU as nvidia-smi lists it. */
export interface Gpu {
  readonly name: string;
  readonly memoryMb: number | undefined;
  /** As `9.0`; undefined where the driver is too old to tell. */
  readonly computeCapability: string | undefined;
}

/** What there is for CUDA, as far as the system tells without loading it. */
export interface CudaSystem {
  /** As `linux x64`. */
  readonly platform: string;
  readonly gpus: readonly Gpu[];
  /** The driver's version, as `580.95.05`. */
  readonly driver: string | undefined;
  /** ONNX Runtime's CUDA provider, which npm does not install: `other` is of another version than is pinned. */
  readonly provider: 'installed' | 'other' | 'missing';
  /** Shared libraries that the provider links to or opens, and whether the loader would find them. */
  readonly libraries: Readonly<Record<string, boolean>>;
}

/** What provider 1.30 links to, for where it is not there to be asked. */
const usuallyNeeded = [
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libcudart.so.13',
  'libcuda.so.1',
];
/** cuDNN is opened when the first convolution runs, by this very name. */
const opened = 'libcudnn.so';

/** @example (await cudaSystem(environment)).gpus[0]?.name // 'NVIDIA H100 80GB HBM3' */
export async function cudaSystem(
  environment: Environment,
  { folder = providerFolder(), driverFile = '/proc/driver/nvidia/version' } = {},
): Promise<CudaSystem> {
  const provider = join(folder, 'libonnxruntime_providers_cuda.so');
  const [{ gpus, driver }, loaded, kernel, whole, record, links] = await Promise.all([
    listGpus(environment),
    loadable(environment),
    readFile(driverFile, 'utf8').catch(() => ''),
    holds(folder, providerBundle),
    readRecord(folder),
    neededLibraries(provider).catch(() => undefined),
  ]);
  const needed = links?.filter((name) => /^lib(cu|nv)/.test(name)) ?? usuallyNeeded;
  return {
    platform: `${process.platform} ${process.arch}`,
    gpus,
    driver: driver ?? /\b\d{3,4}\.\d+(\.\d+)?\b/.exec(kernel)?.[0],
    // One that was put there by hand is taken for what it is needed to be.
    provider: links === undefined ? 'missing' : whole || record === undefined ? 'installed' : 'other',
    libraries: Object.fromEntries([...needed, opened].map((name) => [name, loaded.has(name)])),
  };
}

async function listGpus(environment: Environment): Promise<{ gpus: Gpu[]; driver: string | undefined }> {
  const ask = (fields: string) =>
    programOutput('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'], environment);
  // Drivers before 2021 do not know of the last field, and then tell nothing.
  const text =
    (await ask('name,memory.total,driver_version,compute_cap')) ||
    (await ask('name,memory.total,driver_version'));
  const rows = text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(', '));
  const gpus = rows.map(([name = '', memory = '', , capability]) => ({
    name,
    memoryMb: /^\d+$/.test(memory) ? Number(memory) : undefined,
    computeCapability: capability !== undefined && /^\d+\.\d+$/.test(capability) ? capability : undefined,
  }));
  return { gpus, driver: rows[0]?.[2] };
}

/** Names that the dynamic loader finds: in its cache, and in the folders that it is told of. */
async function loadable(environment: Environment): Promise<ReadonlySet<string>> {
  const folders = (environment.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean);
  const [known, ...beside] = await Promise.all([
    programOutput('ldconfig', ['-p'], {
      ...environment,
      PATH: `${environment.PATH ?? ''}${delimiter}/sbin${delimiter}/usr/sbin`,
    }),
    ...folders.map((folder) => readdir(folder).catch((): string[] => [])),
  ]);
  const cached = [...known.matchAll(/^\s*(\S+) \(/gm)].map(([, name]) => name!);
  return new Set([...cached, ...beside.flat()]);
}
