import { createGraph } from './onnx/graph.js';
import { encodeModel } from './onnx/protobuf.js';
import { dynamicQuantize, matMulIntegerToFloat } from './onnx/quantized.js';
import { openSession } from './session.js';

/** Numbers a row; every kernel takes so many at a time. */
const width = 64;
const largest = 127;

let known: Promise<boolean> | undefined;

/**
 * Whether this processor's kernel for 8-bit products adds two of them in 16 bits, where 255·127 + 255·127 end at 32767:
 * those with AVX2 or AVX-512 and without VNNI do. Tried once, with numbers that show it.
 *
 * @example const session = await openSession(model, { ...options, int8: { saturates: await int8Saturates() } });
 */
export function int8Saturates(): Promise<boolean> {
  return (known ??= probe());
}

async function probe(): Promise<boolean> {
  const graph = createGraph('probe');
  const weight = {
    values: graph.constant('int8', [width, width], Array(width * width).fill(largest)),
    scale: graph.constant('float32', [width], Array(width).fill(1)),
  };
  graph.output('y', matMulIntegerToFloat(dynamicQuantize(graph.input('x', 'float32', [2, width])), weight));
  const session = await openSession(encodeModel(graph), {
    device: 'cpu',
    weightsFolder: '.',
    weightBytes: 0,
    int8: { saturates: false },
  });
  try {
    const x = { dtype: 'float32', dims: [2, width], data: new Float32Array(2 * width).fill(1) } as const;
    const { y } = await session.run({ x });
    // All of it, but for what rounding took.
    return (y!.data[0] as number) < width * largest * 0.99;
  } finally {
    await session.release();
  }
}
