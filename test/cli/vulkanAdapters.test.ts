import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vulkanAdapters } from '../../src/cli/vulkanAdapters.js';

let folder: string;

/** Programs that print what the real ones print on a machine with a GPU. */
function program(name: string, prints: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' '${prints}'\n`);
  chmodSync(join(folder, name), 0o755);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-vulkan-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Only the programs made here are found, whatever this machine has. */
const path = () => ({ PATH: folder });

describe('Vulkan', () => {
  test('adapters come from vulkaninfo where there is one, the software ones named as such', async () => {
    const gpu = (number: number, type: string, name: string) =>
      `GPU${number}:\n\tapiVersion = 1.3.289\n\tdeviceType = PHYSICAL_DEVICE_TYPE_${type}\n\tdeviceName = ${name}`;
    program(
      'vulkaninfo',
      `Devices:\n========\n${gpu(0, 'DISCRETE_GPU', 'AMD Radeon RX 7900 XTX')}\n${gpu(1, 'CPU', 'llvmpipe (LLVM 15)')}`,
    );
    expect(await vulkanAdapters(path())).toEqual([
      { name: 'AMD Radeon RX 7900 XTX', software: false },
      { name: 'llvmpipe (LLVM 15)', software: true },
    ]);
    rmSync(join(folder, 'vulkaninfo'));
  });

  test('without vulkaninfo they are the drivers that the loader is told of', async () => {
    const manifest = (name: string, library: string) => {
      writeFileSync(join(folder, name), JSON.stringify({ ICD: { library_path: library } }));
      return join(folder, name);
    };
    const files = [
      manifest('a.json', '/usr/lib/libvulkan_radeon.so'),
      manifest('b.json', './libvk_swiftshader.so'),
      join(folder, 'none.json'),
    ];
    expect(await vulkanAdapters({ PATH: '/none', VK_DRIVER_FILES: files.join(delimiter) })).toEqual([
      { name: 'libvulkan_radeon.so', software: false },
      { name: 'libvk_swiftshader.so', software: true },
    ]);
  });
});
