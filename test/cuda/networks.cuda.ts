import { ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { cudaExactTarget, cudaTarget } from '../../src/engine/networks/cuda.js';
import { type Graph, weightBytes } from '../../src/engine/onnx/graph.js';
import { liveNodes } from '../../src/engine/onnx/liveNodes.js';
import { encodeModel } from '../../src/engine/onnx/protobuf.js';
import { isBatch } from '../../src/engine/onnx/shape.js';
import { nativeOptions, openSession, type Tensor } from '../../src/engine/session.js';
import { listed, realNetworks } from '../fixtures/real-sizes.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

/** Zeros of that batch for every input. */
function zeros(graph: Graph, samples: number): Record<string, Tensor> {
  const arrays = { int32: Int32Array, int64: BigInt64Array, float16: Uint16Array, float32: Float32Array };
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }) => {
      const dims = shape.map((dim) => (isBatch(dim) ? samples * dim.times : dim));
      const array = arrays[dtype as keyof typeof arrays];
      const data = new array(dims.reduce((count, dim) => count * dim, 1));
      return [name, { dtype, dims, data } as Tensor];
    }),
  );
}

/** SDXL's, of gigabytes, only where asked for. */
const wanted = realNetworks.filter(({ name }) => process.env.KILN_CUDA_ALL || !/SDXL|SSD/.test(name));

test.each(wanted)(
  '$name runs on the CUDA provider, every node of it, in one batch and another',
  async (network) => {
    for (const target of network.name.startsWith('VAE') ? [cudaTarget, cudaExactTarget] : [cudaTarget]) {
      const { graph } = listed(network, target);
      const weightsFolder = temporaryFolder();
      // Zeros that take no room on the disk.
      ftruncateSync(openSync(join(weightsFolder, 'weights'), 'w'), weightBytes(graph));
      const options = { device: 'cuda:0', weightsFolder, weightBytes: weightBytes(graph) } as const;
      const model = encodeModel(graph);

      const native = nativeOptions(options);
      const { session: told } = native.extra as { session: Record<string, string> };
      const strict = { ...native, extra: { session: { ...told, disable_cpu_ep_fallback: '1' } } };
      // Throws where a node is left to the CPU.
      await (await InferenceSession.create(model, strict)).release();

      const session = await openSession(model, options);
      for (const samples of [2, 3, 1]) {
        const began = performance.now();
        const outputs = await session.run(zeros(graph, samples));
        for (const { name, value } of graph.outputs) {
          const dims = value.shape.map((dim) => (isBatch(dim) ? samples * dim.times : dim));
          expect(outputs[name]!.dims).toEqual(dims);
        }
        console.log(
          `${network.name}, ${target.dtype}, ${liveNodes(graph).length} nodes, batch ${samples}: ${(performance.now() - began).toFixed(0)} ms`,
        );
      }
      await session.release();
    }
  },
);
