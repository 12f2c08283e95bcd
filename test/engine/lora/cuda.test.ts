import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { type Weights, weightsAs } from '../../../src/engine/checkpoint/weights.js';
import { fitLora } from '../../../src/engine/lora/fitLora.js';
import { mergeWeights } from '../../../src/engine/lora/mergeWeights.js';
import { indexModules } from '../../../src/engine/lora/moduleIndex.js';
import { multiply } from '../../../src/engine/lora/multiply.js';
import { openLora } from '../../../src/engine/lora/openLora.js';
import { buildClip } from '../../../src/engine/networks/clip.js';
import { cpuTarget } from '../../../src/engine/networks/cpu.js';
import { cudaTarget } from '../../../src/engine/networks/cuda.js';
import { settle } from '../../../src/engine/networks/derived.js';
import { createParams } from '../../../src/engine/networks/params.js';
import type { Params, Target } from '../../../src/engine/networks/target.js';
import { buildUNet } from '../../../src/engine/networks/unet.js';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { liveNodes } from '../../../src/engine/onnx/liveNodes.js';
import { encodeModel } from '../../../src/engine/onnx/protobuf.js';
import { openSession, type Tensor } from '../../../src/engine/session.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { whyNoCudaKernel } from '../../fixtures/cuda-kernels.js';
import { differenceOf } from '../../fixtures/difference.js';
import { lorasFolder } from '../../fixtures/loras.js';
import { lowerCuda } from '../../fixtures/lower-cuda.js';
import { feedsFor } from '../../fixtures/networks.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-lora-cuda-'));
afterAll(() => rm(cacheFolder, { recursive: true }));
const checkpoint = await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder });

/** A base of half floats, and in it what a LoRA changes, in single floats. */
test('a graph for CUDA with a LoRA merged into half floats computes what the CPU does', async () => {
  const halves = await weightsAs(await checkpoint.unet.weights(), 'F16', cacheFolder);
  const lora = await openLora(join(lorasFolder, 'kohya.safetensors'), cacheFolder);
  const target = { part: 'unet', weights: halves, modules: indexModules('unet', halves) } as const;
  const changes = [...fitLora('kohya', lora, [target]).changes.get('unet')!].map(
    ([name, change]) => [name, [{ ...change, weight: 0.7 }]] as const,
  );
  const merged = await mergeWeights(halves, 'kohya', new Map(changes), { cacheFolder, multiply });
  expect(new Set([...merged.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['F16', 'F32']));
  // Rounded as they are for CUDA.
  const singles = await weightsAs(await weightsAs(merged, 'F16', cacheFolder), 'F32', cacheFolder);
  const shape = { width: 8, height: 8, tokens: 77 };
  await compare(merged, singles, (p) => buildUNet(p, checkpoint.unet.config, shape));
});

test('a text encoder that takes vectors computes on CUDA what it does on the CPU', async () => {
  const encoder = checkpoint.textEncoders[0]!;
  if (encoder.kind !== 'clip') throw new Error('want CLIP');
  const weights = await encoder.weights();
  const halves = await weightsAs(weights, 'F16', cacheFolder);
  const singles = await weightsAs(halves, 'F32', cacheFolder);
  const outputs = { states: 'last', projected: false, learned: true } as const;
  await compare(halves, singles, (p) => buildClip(p, encoder.config, outputs));
});

async function compare(forCuda: Weights, forCpu: Weights, build: (p: Params) => void) {
  const graphOf = async (weights: Weights, target: Target) => {
    const graph = createGraph('network');
    build(createParams(graph, weights, target));
    return { graph, weightsFolder: await settle(graph, cacheFolder) };
  };
  const { graph, weightsFolder } = await graphOf(forCuda, cudaTarget);
  expect(liveNodes(graph).map(whyNoCudaKernel).filter(Boolean)).toEqual([]);
  const feeds = feedsFor(graph);
  const onCpu = await graphOf(forCpu, cpuTarget);
  const wanted = await run(encodeModel(onCpu.graph), onCpu.weightsFolder, feeds);
  const lowered = await lowerCuda(graph, { weightsFolder, rounded: false });
  const found = await run(encodeModel(lowered), weightsFolder, feeds);
  const { difference, largest } = differenceOf(found, wanted);
  console.log(`numbers up to ${largest.toFixed(1)}, at most ${difference.toExponential(1)} apart`);
  expect(difference / largest).toBeLessThan(1e-4);
}

async function run(
  model: Uint8Array,
  weightsFolder: string,
  feeds: Record<string, Tensor>,
): Promise<Float32Array> {
  const session = await openSession(model, { device: 'cpu', weightsFolder, weightBytes: 0, threads: 1 });
  const [output] = Object.values(await session.run(feeds));
  await session.release();
  return output!.data as Float32Array;
}
