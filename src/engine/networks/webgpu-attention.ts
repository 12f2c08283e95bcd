import { multiHeadAttention } from '../onnx/attention.js';
import { createGraph } from '../onnx/graph.js';
import { encodeModel } from '../onnx/protobuf.js';
import { openSession, type Tensor } from '../session.js';

// The least number of queries for which ONNX Runtime 1.30 takes the kernel in question.
const tokens = 32;
const channels = 16;

/**
 * Whether MultiHeadAttention is right on this machine's WebGPU adapter, tried against the CPU.
 *
 * ONNX Runtime's kernel for 32 queries and more takes subgroups to be at least 8 wide
 * (contrib_ops/webgpu/bert/flash_attention.wgsl.template). On narrower ones, as SwiftShader's 4, it counts keys that
 * were never loaded, and pictures come out wrong without any error.
 *
 * @throws UserError `no-device`
 * @example const target = (await attentionWorksOnWebgpu()) ? webgpuTarget : webgpuPlainTarget;
 */
export async function attentionWorksOnWebgpu(): Promise<boolean> {
  const graph = createGraph('probe');
  const inputs = ['query', 'key', 'value'].map((name) => graph.input(name, 'float32', [1, tokens, channels]));
  const [query, key, value] = inputs as [(typeof inputs)[0], (typeof inputs)[0], (typeof inputs)[0]];
  graph.output('mixed', multiHeadAttention(query, key, value, { heads: 2 }));
  const model = encodeModel(graph);
  const feeds = Object.fromEntries(inputs.map(({ name }, i) => [name, waves(i + 1)]));
  const [wanted, found] = [await run('cpu'), await run('webgpu')];
  return wanted.every((value, i) => Math.abs(value - found[i]!) < 1e-3);

  async function run(device: 'cpu' | 'webgpu'): Promise<Float32Array> {
    const session = await openSession(model, { device, weightsFolder: '.', weightBytes: 0 });
    try {
      return (await session.run(feeds)).mixed!.data as Float32Array;
    } finally {
      await session.release();
    }
  }
}

/** Numbers from −2 to 2 in no order that a kernel could be right for by chance. */
function waves(seed: number): Tensor {
  const data = Float32Array.from({ length: tokens * channels }, (_, i) => 2 * Math.sin(seed * (i + 1) ** 2));
  return { dtype: 'float32', dims: [1, tokens, channels], data };
}
