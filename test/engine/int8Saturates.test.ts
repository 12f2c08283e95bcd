import { expect, it, onTestFinished } from 'vitest';
import { int8Saturates } from '../../src/engine/int8Saturates.js';
import { createGenerator } from '../../src/engine/noise/generator.js';
import { createGraph } from '../../src/engine/onnx/graph.js';
import { encodeModel } from '../../src/engine/onnx/protobuf.js';
import { dynamicQuantize, matMulIntegerToFloat } from '../../src/engine/onnx/quantized.js';
import { batch } from '../../src/engine/onnx/shape.js';
import { openSession } from '../../src/engine/session.js';

const [rows, width] = [5, 96];
const whole = (seed: number, count: number) =>
  Array.from(createGenerator(seed).randn(count), (value) =>
    Math.max(-127, Math.min(127, Math.round(60 * value))),
  );
const weight = whole(1, width * width);

/** x · weight, by a session that is told this of the processor. */
async function product(x: readonly number[], saturates: boolean): Promise<Float32Array> {
  const graph = createGraph('product');
  const values = graph.constant('int8', [width, width], weight);
  const scale = graph.constant('float32', [width], Array(width).fill(1));
  const input = graph.input('x', 'float32', [batch, width]);
  graph.output('y', matMulIntegerToFloat(dynamicQuantize(input), { values, scale }));
  const options = { device: 'cpu', weightsFolder: '.', weightBytes: 0, int8: { saturates } } as const;
  const session = await openSession(encodeModel(graph), options);
  onTestFinished(() => session.release());
  const { y } = await session.run({
    x: { dtype: 'float32', dims: [rows, width], data: Float32Array.from(x) },
  });
  return y!.data as Float32Array;
}

it('what this processor is found to do with 8-bit products makes them whole', async () => {
  // Of all numbers that bytes stand for, so that none is rounded.
  const x = Array.from({ length: rows * width }, (_, i) => (i * 37) % 256);
  const wanted = Array.from({ length: rows * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return Array.from({ length: width }, (_, k) => x[row * width + k]! * weight[k * width + column]!).reduce(
      (sum, each) => sum + each,
    );
  });
  expect([...(await product(x, await int8Saturates()))]).toEqual(wanted);
  // Wider sums are right on every processor.
  expect([...(await product(x, true))]).toEqual(wanted);
});
