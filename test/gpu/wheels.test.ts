import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cudaBundle, providerBundle } from '../../src/gpu/wheels.js';

test('the provider is of the version of onnxruntime-node that package.json pins', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(providerBundle.wheels[0]!.file).toContain(`-${dependencies['onnxruntime-node']}-`);
});

test.each([
  [providerBundle, 'onnxruntime/capi/libonnxruntime_providers_cuda.so', true],
  [providerBundle, 'onnxruntime/capi/libonnxruntime_providers_shared.so', true],
  [providerBundle, 'onnxruntime/capi/libonnxruntime_providers_tensorrt.so', false],
  [providerBundle, 'onnxruntime/capi/libonnxruntime.so.1.30.0', false],
  [cudaBundle, 'nvidia/cu13/lib/libcublas.so.13', true],
  [cudaBundle, 'nvidia/cu13/lib/libcublasLt.so.13', true],
  [cudaBundle, 'nvidia/cu13/lib/libnvblas.so.13', false],
  [cudaBundle, 'nvidia/cu13/lib/libcudart.so.13', true],
  [cudaBundle, 'nvidia/cu13/lib/libcurand.so.10', true],
  [cudaBundle, 'nvidia/cu13/lib/libnvrtc-builtins.so.13.2', true],
  [cudaBundle, 'nvidia/cudnn/lib/libcudnn.so.9', true],
  [cudaBundle, 'nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9', true],
  [cudaBundle, 'nvidia/cu13/lib/libcudart_static.a', false],
  [cudaBundle, 'nvidia/cu13/include/cuda.h', false],
])('of its wheels it takes what is needed: %#', (bundle, path, taken) => {
  expect(bundle.wheels.some(({ wanted }) => wanted.test(path))).toBe(taken);
});

test('every wheel is pinned by its digest and its size', () => {
  for (const { sha256, bytes, file, project } of [...providerBundle.wheels, ...cudaBundle.wheels]) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(file.startsWith(`${project.replaceAll('-', '_')}-`), file).toBe(true);
    expect(file).toMatch(/x86_64\.whl$/);
  }
});
