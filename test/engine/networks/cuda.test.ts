import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { type Weights, weightsAs } from '../../../src/engine/checkpoint/weights.js';
import { cpuTarget } from '../../../src/engine/networks/cpu.js';
import { cudaExactTarget, cudaTarget } from '../../../src/engine/networks/cuda.js';
import { settle } from '../../../src/engine/networks/derived.js';
import { createParams } from '../../../src/engine/networks/params.js';
import type { Target } from '../../../src/engine/networks/target.js';
import { createGraph, type Graph } from '../../../src/engine/onnx/graph.js';
import { liveNodes } from '../../../src/engine/onnx/liveNodes.js';
import { encodeModel } from '../../../src/engine/onnx/protobuf.js';
import { openSession, type Tensor } from '../../../src/engine/session.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { controlledUNet } from '../../fixtures/controlNet.js';
import { whyNoCudaKernel } from '../../fixtures/cuda-kernels.js';
import { differenceOf } from '../../fixtures/difference.js';
import { lowerCuda } from '../../fixtures/lower-cuda.js';
import { feedsFor, type NetworkToBuild, networksOf } from '../../fixtures/networks.js';
import { listed, realNetworks } from '../../fixtures/real-sizes.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-cuda-'));
afterAll(() => rm(cacheFolder, { recursive: true }));

// Not square, and odd, so that nothing that is turned round fits by chance.
const size = { height: 7, width: 10 };

const families = ['sd1', 'sdxl', 'lcm', 'sprite-tiny', 'sd1-distilled'];
const cases: (readonly [family: string, name: string])[] = [];
for (const family of families) for (const { name } of await networksIn(family)) cases.push([family, name]);

describe('lowered to what the CPU can run, a graph for CUDA computes what the CPU target does', () => {
  // With weights that are halves from the start, both have the same ones.
  it.each(cases)('%s: the %s in half floats', async (family, name) => {
    const network = await networkOf(family, name);
    const halves = await weightsAs(await network.component.weights(), 'F16', cacheFolder);
    const { graph, weightsFolder } = await build(network, halves, cudaTarget);
    const feeds = feedsFor(graph);
    const wanted = await runTarget(network, halves, cpuTarget, feeds);

    const exact = await run(await lowerCuda(graph, { weightsFolder, rounded: false }), feeds);
    compare(exact, wanted, 1e-4);
    // Rounded where CUDA rounds: nothing overflows, and a percent or two of the largest value is lost.
    const rounded = await run(await lowerCuda(graph, { weightsFolder, rounded: true }), feeds);
    compare(rounded, wanted, 3e-2);
  });

  it.each(cases.filter(([, name]) => name.startsWith('vae')))(
    '%s: the %s in single floats',
    async (family, name) => {
      const network = await networkOf(family, name);
      const weights = await network.component.weights();
      const { graph, weightsFolder } = await build(network, weights, cudaExactTarget);
      expect(dtypesOf(graph)).not.toContain('float16');
      const feeds = feedsFor(graph);
      const found = await run(await lowerCuda(graph, { weightsFolder, rounded: false }), feeds);
      compare(found, await runTarget(network, weights, cpuTarget, feeds), 1e-4);
    },
  );

  it.each([
    ['sd1', 'sd1-control', 'edges'],
    ['sd1', 'sd1-control', 'pooled'],
    ['sdxl', 'sdxl-control', 'edges'],
  ])('%s: the unet with a ControlNet of %s, %s', async (base, family, name) => {
    const { weights, build } = await controlledUNet(base, family, name);
    const halves = await Promise.all(weights.map((each) => weightsAs(each, 'F16', cacheFolder)));
    const graph = build(cudaTarget, halves, size);
    const weightsFolder = await settle(graph, cacheFolder);
    const problems = liveNodes(graph).map(whyNoCudaKernel);
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
    const feeds = feedsFor(graph);
    const found = await run(await lowerCuda(graph, { weightsFolder, rounded: false }), feeds);
    const singles = await Promise.all(halves.map((each) => weightsAs(each, 'F32', cacheFolder)));
    const onCpu = build(cpuTarget, singles, size);
    compare(found, await run(onCpu, feeds, await settle(onCpu, cacheFolder)), 1e-4);
  });

  it('sd1: the unet with attention in single floats', async () => {
    const checkpoint = await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder });
    const upcast = {
      ...checkpoint,
      unet: { ...checkpoint.unet, config: { ...checkpoint.unet.config, upcast_attention: true } },
    };
    const network = networksOf(upcast, size).find(({ name }) => name === 'unet')!;
    const halves = await weightsAs(await network.component.weights(), 'F16', cacheFolder);
    const { graph, weightsFolder } = await build(network, halves, cudaTarget);
    const attention = liveNodes(graph).filter(({ op }) => op === 'MultiHeadAttention');
    expect(attention.every(({ inputs }) => inputs.length === 3 && inputs[0]!.dtype === 'float32')).toBe(true);
    const feeds = feedsFor(graph);
    const found = await run(await lowerCuda(graph, { weightsFolder, rounded: false }), feeds);
    compare(found, await runTarget(network, halves, cpuTarget, feeds), 1e-4);
  });
});

describe.each(realNetworks)('$name at its real size', (network) => {
  const { graph, parameters } = listed(network, cudaTarget);
  const nodes = liveNodes(graph);
  const count = (op: string) => nodes.filter((node) => node.op === op).length;
  const together = network.name.includes('ControlNet') ? 2 : 1;

  it('takes every weight that the checkpoint has, once', () => {
    expect(parameters).toBe(network.parameters);
  });

  it('has a CUDA kernel for each node, in half floats and in single ones', () => {
    const exact = liveNodes(listed(network, cudaExactTarget).graph);
    expect([...nodes, ...exact].map(whyNoCudaKernel).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('is float32 at its borders only', () => {
    for (const value of [...graph.inputs, ...graph.outputs.map(({ value }) => value)])
      expect(['float32', 'int32']).toContain(value.dtype);
    const wide = nodes.filter(
      ({ op, outputs }) => outputs[0]!.dtype !== 'float16' && !['Cast', 'Transpose'].includes(op),
    );
    const allowed = network.name.includes('upcast') ? ['MultiHeadAttention'] : [];
    // The sinusoids of the timestep, and of SDXL's sizes.
    const sinusoid = ['Reshape', 'Mul', 'Cos', 'Sin', 'Concat'];
    expect(wide.filter(({ op }) => ![...sinusoid, ...allowed].includes(op)).map(({ name }) => name)).toEqual(
      [],
    );
    expect(wide.length).toBeLessThan(20 * together + 40 * allowed.length);
  });

  it('turns maps round at its ends only, and only half floats', () => {
    const ends = network.name.startsWith('CLIP') || network.name.includes('bigG') ? 0 : 2;
    // A ControlNet begins with the latents too, and with a picture.
    expect(count('Transpose')).toBe(ends * together);
    expect(count('Conv') + count('InstanceNormalization')).toBe(0);
  });

  it('adds biases in the kernels behind them', () => {
    if (!network.name.includes('U-Net')) return;
    const feedForwards = count('BiasSplitGelu');
    if (network.name.includes('refiner')) {
      // Its channels, 384 and twice and four times as many, are none that these kernels are made for.
      expect([feedForwards, count('BiasAdd')]).toEqual([0, 0]);
      return;
    }
    expect(feedForwards).toBeGreaterThan(0);
    expect(count('BiasAdd')).toBe(feedForwards);
    expect(count('Gelu')).toBe(0);
    const norms = nodes.filter(({ op }) => op === 'SkipLayerNormalization');
    expect(norms).toHaveLength(2 * feedForwards);
    expect(norms.every(({ inputs }) => inputs.length === 5)).toBe(true);
  });
});

describe('the weights of a graph for CUDA', () => {
  it('are written once, to one file that serves every size', async () => {
    const folder = await mkdtemp(join(cacheFolder, 'once-'));
    const [checkpoint, files] = [
      await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder }),
      new Set(),
    ];
    for (const side of [8, 12]) {
      const network = networksOf(checkpoint, { height: side, width: side }).find(
        ({ name }) => name === 'unet',
      )!;
      const { graph } = await build(network, await network.component.weights(), cudaTarget, folder);
      for (const { source } of graph.initializers.values()) if ('file' in source) files.add(source.file);
    }
    expect(files.size).toBe(1);
    expect(await readdir(join(folder, 'weights'))).toEqual([...files]);
  });

  it("of a U-Net are the same file with a ControlNet and without, and the ControlNet's another", async () => {
    const folder = await mkdtemp(join(cacheFolder, 'control-'));
    const { weights, build: both } = await controlledUNet('sd1', 'sd1-control', 'edges');
    await build(await networkOf('sd1', 'unet'), weights[0]!, cudaTarget, folder);
    const [own] = await readdir(join(folder, 'weights'));
    const graph = both(cudaTarget, weights, size);
    await settle(graph, folder);
    const filesOf = (wanted: boolean) =>
      new Set(
        [...graph.initializers.values()]
          .filter(({ value }) => value.name.startsWith('control/') === wanted)
          .flatMap(({ source }) => ('file' in source ? [source.file] : [])),
      );
    expect([...filesOf(false)]).toEqual([own]);
    expect([...filesOf(true)]).toHaveLength(1);
    expect(await readdir(join(folder, 'weights'))).toHaveLength(2);
  });

  it('are written again when the file was cut short', async () => {
    const folder = await mkdtemp(join(cacheFolder, 'cut-'));
    const network = await networkOf('sd1', 'vae decoder');
    const weights = await network.component.weights();
    const first = await build(network, weights, cudaTarget, folder);
    const feeds = feedsFor(first.graph);
    const wanted = await run(
      await lowerCuda(first.graph, { weightsFolder: first.weightsFolder, rounded: false }),
      feeds,
    );
    const [file] = await readdir(join(folder, 'weights'));
    await truncate(join(folder, 'weights', file!), 1000);
    const again = await build(network, weights, cudaTarget, folder);
    const found = await run(
      await lowerCuda(again.graph, { weightsFolder: again.weightsFolder, rounded: false }),
      feeds,
    );
    compare(found, wanted, 0);
  });

  it.each(['sd1', 'sd1-bf16'])(
    'of %s are the nearest half floats, whatever they are stored as',
    async (family) => {
      // It has no GroupNorm, whose weights stay single floats where they were.
      const network = await networkOf(family, 'text encoder 1');
      const stored = await network.component.weights();
      const halves = await weightsAs(stored, 'F16', cacheFolder);
      const [first, second] = [
        await build(network, stored, cudaTarget),
        await build(network, halves, cudaTarget),
      ];
      const feeds = feedsFor(first.graph);
      const results = [];
      for (const { graph, weightsFolder } of [first, second])
        results.push(await run(await lowerCuda(graph, { weightsFolder, rounded: false }), feeds));
      compare(results[0]!, results[1]!, 0);
    },
  );
});

async function networksIn(family: string): Promise<readonly NetworkToBuild[]> {
  return networksOf(await openCheckpoint(await checkpointFolder(family), { cacheFolder }), size);
}

async function networkOf(family: string, name: string): Promise<NetworkToBuild> {
  return (await networksIn(family)).find((network) => network.name === name)!;
}

async function build(
  network: NetworkToBuild,
  weights: Weights,
  target: Target,
  folder = cacheFolder,
): Promise<{ graph: Graph; weightsFolder: string }> {
  const graph = createGraph(network.name);
  network.build(createParams(graph, weights, target));
  return { graph, weightsFolder: await settle(graph, folder) };
}

async function runTarget(
  network: NetworkToBuild,
  weights: Weights,
  target: Target,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const { graph, weightsFolder } = await build(network, await weightsAs(weights, 'F32', cacheFolder), target);
  return run(graph, feeds, weightsFolder);
}

async function run(
  graph: Graph,
  feeds: Record<string, Tensor>,
  weightsFolder = '.',
): Promise<Record<string, Tensor>> {
  const session = await openSession(encodeModel(graph), { device: 'cpu', weightsFolder, weightBytes: 0 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** `tolerance` is a part of the largest value. */
function compare(found: Record<string, Tensor>, wanted: Record<string, Tensor>, tolerance: number): void {
  expect(Object.keys(found)).toEqual(Object.keys(wanted));
  for (const [output, { dims, data }] of Object.entries(wanted)) {
    expect(found[output]!.dims).toEqual(dims);
    const { difference, largest } = differenceOf(found[output]!.data as Float32Array, data as Float32Array);
    expect(difference, `largest difference of ${output}, of ${largest}`).toBeLessThanOrEqual(
      tolerance * largest,
    );
  }
}

function dtypesOf(graph: Graph): readonly string[] {
  return liveNodes(graph).flatMap(({ outputs }) => outputs.map((output) => output?.dtype ?? 'none'));
}
