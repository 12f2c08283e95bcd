import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

type Environment = Readonly<Record<string, string | undefined>>;

/** What there is for CUDA, as far as the system tells without loading it. */
export interface CudaSystem {
  /** As nvidia-smi lists them: name, memory, driver. */
  readonly gpus: readonly string[];
  /** Whether ONNX Runtime's CUDA provider, which npm does not install by itself, is there. */
  readonly provider: boolean;
  /** Shared libraries that the provider needs, and whether the loader knows of them. */
  readonly libraries: Readonly<Record<string, boolean>>;
}

/** A GPU, or what poses as one, that Vulkan's loader would offer to WebGPU. */
export interface VulkanAdapter {
  readonly name: string;
  /** Computes on the CPU: slower than the CPU provider, so never picked by itself. */
  readonly software: boolean;
}

/** What onnxruntime-node 1.30's CUDA provider links to or opens, from its dynamic section. */
const cudaLibraries = [
  'libcuda.so.1',
  'libcudart.so.13',
  'libcublasLt.so.13',
  'libcurand.so.10',
  'libcudnn.so.9',
];

const softwareNames = /llvmpipe|lavapipe|lvp|swiftshader|software|WARP|Basic Render/i;

/** @example (await cudaSystem(environment)).gpus // ['NVIDIA H100 80GB HBM3, 81559 MiB, 580.95.05'] */
export async function cudaSystem(environment: Environment): Promise<CudaSystem> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const [listed, known, beside] = await Promise.all([
    output('nvidia-smi', query, environment),
    output('ldconfig', ['-p'], {
      ...environment,
      PATH: `${environment.PATH ?? ''}${delimiter}/sbin${delimiter}/usr/sbin`,
    }),
    Promise.all((environment.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean).map(filesIn)),
  ]);
  const found = new Set(beside.flat());
  return {
    gpus: listed.split('\n').filter(Boolean),
    provider: (await filesIn(providerFolder())).includes('libonnxruntime_providers_cuda.so'),
    libraries: Object.fromEntries(
      cudaLibraries.map((name) => [name, known.includes(name) || found.has(name)]),
    ),
  };
}

/**
 * Vulkan's adapters: by `vulkaninfo` where it is installed, else the drivers that the loader has manifests of.
 *
 * @example await vulkanAdapters(environment) // [{ name: 'llvmpipe (LLVM 15.0.7, 256 bits)', software: true }]
 */
export async function vulkanAdapters(environment: Environment): Promise<VulkanAdapter[]> {
  const summary = await output('vulkaninfo', ['--summary'], environment);
  const devices = summary.split(/^GPU\d+:$/m).slice(1);
  if (devices.length > 0) {
    return devices.map((text) => {
      const name = /deviceName\s*=\s*(.+)/.exec(text)?.[1] ?? 'unnamed';
      return { name, software: /PHYSICAL_DEVICE_TYPE_CPU/.test(text) || softwareNames.test(name) };
    });
  }
  const drivers = await Promise.all((await manifests(environment)).map(driverOf));
  return drivers
    .filter((name) => name !== undefined)
    .map((name) => ({ name, software: softwareNames.test(name) }));
}

/** Beside ONNX Runtime's own library, the one place where it looks for providers. */
function providerFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
}

async function manifests(environment: Environment): Promise<string[]> {
  const named = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  if (named !== undefined) return named.split(delimiter).filter(Boolean);
  const folders = ['/etc', '/usr/local/etc', '/usr/local/share', '/usr/share'].map((at) =>
    join(at, 'vulkan', 'icd.d'),
  );
  const added = environment.VK_ADD_DRIVER_FILES?.split(delimiter).filter(Boolean) ?? [];
  const files = await Promise.all(
    folders.map(async (at) => (await filesIn(at)).map((name) => join(at, name))),
  );
  return [...added, ...files.flat().filter((file) => file.endsWith('.json'))];
}

/** The driver's library as its manifest names it, or undefined where there is no such manifest. */
async function driverOf(manifest: string): Promise<string | undefined> {
  try {
    const { ICD } = JSON.parse(await readFile(manifest, 'utf8')) as { ICD: { library_path: string } };
    return basename(ICD.library_path);
  } catch {
    return undefined;
  }
}

async function filesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** What a program prints; nothing where it is not installed or fails, which means that it has nothing to tell. */
async function output(program: string, args: readonly string[], environment: Environment): Promise<string> {
  const run = promisify(execFile)(program, args, { env: { ...environment }, timeout: 10_000 });
  return run.then(({ stdout }) => stdout).catch(() => '');
}
