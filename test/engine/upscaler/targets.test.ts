import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openWeightFile, type Weights, weightsAs } from '../../../src/engine/checkpoint/weights.js';
import { buildCompact } from '../../../src/engine/networks/compact.js';
import { cpuTarget } from '../../../src/engine/networks/cpu.js';
import { cudaTarget } from '../../../src/engine/networks/cuda.js';
import { settle } from '../../../src/engine/networks/derived.js';
import { createParams } from '../../../src/engine/networks/params.js';
import { buildRrdb } from '../../../src/engine/networks/rrdb.js';
import type { Target } from '../../../src/engine/networks/target.js';
import { webgpuTarget } from '../../../src/engine/networks/webgpu.js';
import { createGraph, type Graph } from '../../../src/engine/onnx/graph.js';
import { liveNodes } from '../../../src/engine/onnx/liveNodes.js';
import { encodeModel } from '../../../src/engine/onnx/protobuf.js';
import { openSession, type Tensor } from '../../../src/engine/session.js';
import { architectureOf } from '../../../src/engine/upscaler/architecture.js';
import { whyNoCudaKernel } from '../../fixtures/cuda-kernels.js';
import { differenceOf } from '../../fixtures/difference.js';
import { lowerCuda } from '../../fixtures/lower-cuda.js';
import { feedsFor } from '../../fixtures/networks.js';
import { runOnSwiftshader, withoutSwiftshader } from '../../fixtures/swiftshader.js';
import { writeUpscaler } from '../../fixtures/upscalers.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-upscaler-targets-'));
afterAll(() => rm(folder, { recursive: true }));

// Not square; a multiple of what becomes channels.
const size = { height: 8, width: 12 };
const networks = ['real-x4', 'real-x2', 'esrgan-plus', 'compact-x4'];

describe('a graph for CUDA has kernels only, and lowered to the CPU computes what the CPU target does', () => {
  it.each(networks)('%s', async (name) => {
    const halves = await weightsOf(name, 'F16');
    const { graph, weightsFolder } = await build(halves, cudaTarget);
    expect(liveNodes(graph).map(whyNoCudaKernel).filter(Boolean)).toEqual([]);
    const feeds = feedsFor(graph);
    const wanted = await runOnCpu(halves, feeds);
    // A fifth, by which residuals count, is off by 1.2e-4 of it as a half float.
    compare(await run(await lowerCuda(graph, { weightsFolder, rounded: false }), feeds), wanted, 3e-4);
    compare(await run(await lowerCuda(graph, { weightsFolder, rounded: true }), feeds), wanted, 3e-2);
  });
});

describe.skipIf(withoutSwiftshader())('on WebGPU, by SwiftShader', { timeout: 240_000 }, () => {
  it.each(networks)('%s computes what it does on the CPU', async (name) => {
    const weights = await weightsOf(name, 'F32');
    const { graph, weightsFolder } = await build(weights, webgpuTarget);
    const feeds = feedsFor(graph);
    const found = await runOnSwiftshader(encodeModel(graph), weightsFolder, feeds);
    compare(found, await runOnCpu(weights, feeds), 1e-3);
  });
});

async function weightsOf(name: string, dtype: 'F16' | 'F32'): Promise<Weights> {
  return weightsAs(
    await openWeightFile(await writeUpscaler(name, folder), { cacheFolder: folder }),
    dtype,
    folder,
  );
}

async function build(weights: Weights, target: Target): Promise<{ graph: Graph; weightsFolder: string }> {
  const { config, tensors } = architectureOf(weights.tensors, 'x');
  const graph = createGraph('upscaler');
  const p = createParams(graph, { ...weights, tensors }, target);
  if (config.kind === 'rrdb') buildRrdb(p, config, size);
  else buildCompact(p, config, size);
  return { graph, weightsFolder: await settle(graph, folder) };
}

async function runOnCpu(weights: Weights, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const { graph, weightsFolder } = await build(await weightsAs(weights, 'F32', folder), cpuTarget);
  return run(graph, feeds, weightsFolder);
}

async function run(graph: Graph, feeds: Record<string, Tensor>, weightsFolder = '.') {
  const session = await openSession(encodeModel(graph), { device: 'cpu', weightsFolder, weightBytes: 0 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** `tolerance` is a part of the largest value. */
function compare(found: Record<string, Tensor>, wanted: Record<string, Tensor>, tolerance: number): void {
  const [a, b] = [found.enlarged!, wanted.enlarged!];
  expect(a.dims).toEqual(b.dims);
  const { difference, largest } = differenceOf(a.data as Float32Array, b.data as Float32Array);
  expect(difference, `largest difference, of ${largest}`).toBeLessThanOrEqual(tolerance * largest);
}
