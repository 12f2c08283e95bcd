import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { weightsAs } from '../../../src/engine/checkpoint/weights.js';
import { cpuTarget } from '../../../src/engine/networks/cpu.js';
import { settle } from '../../../src/engine/networks/derived.js';
import { createParams } from '../../../src/engine/networks/params.js';
import type { Target } from '../../../src/engine/networks/target.js';
import { webgpuPlainTarget, webgpuTarget } from '../../../src/engine/networks/webgpu.js';
import { createGraph, type Graph, weightBytes } from '../../../src/engine/onnx/graph.js';
import { liveNodes } from '../../../src/engine/onnx/liveNodes.js';
import { encodeModel } from '../../../src/engine/onnx/protobuf.js';
import { openSession, type Tensor } from '../../../src/engine/session.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { controlledUNet } from '../../fixtures/controlNet.js';
import { differenceOf } from '../../fixtures/difference.js';
import { feedsFor, type NetworkToBuild, networksOf } from '../../fixtures/networks.js';
import { runOnSwiftshader, withoutSwiftshader } from '../../fixtures/swiftshader.js';

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');

// Seven by eight latents: more than the 31 queries up to which ONNX Runtime's kernel is right on SwiftShader.
const size = { height: 7, width: 8 };

/** Every kind of network once; what they have in common is covered by the first. */
const families: readonly (readonly [family: string, networks: readonly string[]])[] = [
  ['sd1', ['text encoder 1', 'unet', 'vae decoder', 'vae encoder']],
  ['sdxl', ['text encoder 2', 'unet']],
  ['sprite-tiny', ['text encoder 1']],
  ['sd1-distilled', ['vae decoder', 'vae encoder']],
];
const cases = families.flatMap(([family, names]) => names.map((name) => [family, name] as const));

// SwiftShader compiles every kernel first, which takes the longer the busier the machine is.
const patience = { timeout: 240_000 };

describe.skipIf(withoutSwiftshader())('on WebGPU, by SwiftShader', patience, () => {
  it.each(cases)('%s: the %s computes what it does on the CPU', async (family, name) => {
    const network = await networkOf(family, name);
    const { graph, weightsFolder } = await build(network, webgpuPlainTarget);
    const feeds = feedsFor(graph);
    const outputs = await runOnSwiftshader(encodeModel(graph), weightsFolder, feeds);
    compare(outputs, await runOnCpu(network, feeds));
  });

  it('sd1: the unet with a ControlNet computes what it does on the CPU', async () => {
    const { weights, build } = await controlledUNet('sd1', 'sd1-control', 'edges');
    const singles = await Promise.all(weights.map((each) => weightsAs(each, 'F32', cacheFolder)));
    const graph = build(webgpuPlainTarget, singles, size);
    const weightsFolder = await settle(graph, cacheFolder);
    const feeds = feedsFor(graph);
    const outputs = await runOnSwiftshader(encodeModel(graph), weightsFolder, feeds);
    const onCpu = build(cpuTarget, singles, size);
    compare(outputs, await run(onCpu, await settle(onCpu, cacheFolder), feeds));
  });
});

function compare(outputs: Record<string, Tensor>, wanted: Record<string, Tensor>): void {
  expect(Object.keys(outputs)).toEqual(Object.keys(wanted));
  for (const [output, { data }] of Object.entries(wanted)) {
    const { difference, largest } = differenceOf(outputs[output]!.data as Float32Array, data as Float32Array);
    expect(difference, `largest difference of ${output}, of ${largest}`).toBeLessThan(1e-3);
  }
}

it('the feed-forward is one product, one BiasSplitGelu and one product on WebGPU', async () => {
  const { graph } = await build(await networkOf('sd1', 'unet'), webgpuTarget);
  const { graph: onCpu } = await build(await networkOf('sd1', 'unet'), cpuTarget);
  const count = (graph: Graph, op: string) => liveNodes(graph).filter((node) => node.op === op).length;
  expect(count(graph, 'BiasSplitGelu')).toBe(count(onCpu, 'Gelu'));
  expect(count(graph, 'Gelu')).toBe(0);
  expect(count(graph, 'MultiHeadAttention')).toBe(count(onCpu, 'MultiHeadAttention'));
});

async function networkOf(family: string, name: string): Promise<NetworkToBuild> {
  const checkpoint = await openCheckpoint(await checkpointFolder(family), { cacheFolder });
  return networksOf(checkpoint, size).find((network) => network.name === name)!;
}

async function build(
  network: NetworkToBuild,
  target: Target,
): Promise<{ graph: Graph; weightsFolder: string }> {
  const weights = await weightsAs(await network.component.weights(), 'F32', cacheFolder);
  const graph = createGraph(network.name);
  network.build(createParams(graph, weights, target));
  return { graph, weightsFolder: await settle(graph, cacheFolder) };
}

async function runOnCpu(
  network: NetworkToBuild,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const { graph, weightsFolder } = await build(network, cpuTarget);
  return run(graph, weightsFolder, feeds);
}

async function run(
  graph: Graph,
  weightsFolder: string,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const options = { device: 'cpu' as const, weightsFolder, weightBytes: weightBytes(graph) };
  const session = await openSession(encodeModel(graph), options);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}
