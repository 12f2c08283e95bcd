import { readdir, readFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { programOutput } from '../gpu/programOutput.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A GPU, or what poses as one, that Vulkan's loader would offer to WebGPU. */
export interface VulkanAdapter {
  readonly name: string;
  /** Computes on the CPU: slower than the CPU provider, so never picked by itself. */
  readonly software: boolean;
}

const softwareNames = /llvmpipe|lavapipe|lvp|swiftshader|software|WARP|Basic Render/i;

/**
 * Vulkan's adapters: by `vulkaninfo` where it is installed, else the drivers that the loader has manifests of.
 *
 * @example await vulkanAdapters(environment) // [{ name: 'llvmpipe (LLVM 15.0.7, 256 bits)', software: true }]
 */
export async function vulkanAdapters(environment: Environment): Promise<VulkanAdapter[]> {
  const summary = await programOutput('vulkaninfo', ['--summary'], environment);
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
