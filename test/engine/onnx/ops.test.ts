import { describe, expect, it } from 'vitest';
import { multiHeadAttention } from '../../../src/engine/onnx/attention.js';
import { conv } from '../../../src/engine/onnx/conv.js';
import {
  cast,
  cos,
  gelu,
  quickGelu,
  relu,
  scale,
  shift,
  silu,
  sin,
  tanh,
} from '../../../src/engine/onnx/elementwise.js';
import { gemm } from '../../../src/engine/onnx/gemm.js';
import type { Graph, Var } from '../../../src/engine/onnx/graph.js';
import {
  concat,
  gather,
  gatherRows,
  reshape,
  resizeNearest,
  rowAt,
  split,
  take,
  transpose,
} from '../../../src/engine/onnx/layout.js';
import { mean } from '../../../src/engine/onnx/mean.js';
import {
  instanceNormalization,
  layerNormalization,
  skipLayerNormalization,
} from '../../../src/engine/onnx/normalization.js';
import { counting, evaluate } from './evaluate.js';

const numbers = (graph: Graph, ...values: number[]) => graph.constant('float32', [values.length], values);
const whole = (graph: Graph, ...values: number[]) => graph.constant('int64', [values.length], values);

/** The values that torch prints for the same expression, to seven digits. */
const cases: [string, (graph: Graph) => Var, number[], number[]][] = [
  ['sin', (g) => sin(numbers(g, 0, 1, 999)), [3], [0, 0.841471, -0.02646075]],
  ['cos', (g) => cos(numbers(g, 0, 1, 999)), [3], [1, 0.5403023, 0.9996499]],
  ['tanh', (g) => tanh(numbers(g, -1, 0.5)), [2], [-0.7615942, 0.4621172]],
  ['relu', (g) => relu(numbers(g, -1, 0.5)), [2], [0, 0.5]],
  ['silu', (g) => silu(numbers(g, -1, 2)), [2], [-0.2689414, 1.761594]],
  ['gelu', (g) => gelu(numbers(g, -1, 2)), [2], [-0.1586553, 1.9545]],
  ["gelu(approximate='tanh')", (g) => gelu(numbers(g, -1, 2), 'tanh'), [2], [-0.158808, 1.954598]],
  ['x · sigmoid(1.702 x)', (g) => quickGelu(numbers(g, -1, 2)), [2], [-0.1542078, 1.935659]],
  ['2 x − 1', (g) => shift(scale(numbers(g, 3, 4), 2), -1), [2], [5, 7]],
  ['x.float()', (g) => cast(whole(g, 3, 4), 'float32'), [2], [3, 4]],
  [
    'linear',
    (g) => gemm(counting(g, [2, 2]), counting(g, [3, 2]), numbers(g, 10, 20, 30)),
    [2, 3],
    [11, 23, 35, 13, 33, 53],
  ],
  [
    'conv2d, stride 2, padded below and at the right',
    (g) =>
      conv(counting(g, [1, 1, 4, 4]), counting(g, [1, 1, 3, 3]), undefined, {
        stride: 2,
        pads: [0, 0, 1, 1],
      }),
    [1, 1, 2, 2],
    [258, 186, 187, 113],
  ],
  ['x[[2, 0]]', (g) => gather(counting(g, [3, 2]), whole(g, 2, 0)), [2, 2], [4, 5, 0, 1]],
  ['x[:, 1]', (g) => rowAt(counting(g, [2, 2, 2]), 1), [2, 2], [2, 3, 6, 7]],
  ['x[range(2), [1, 0]]', (g) => gatherRows(counting(g, [2, 2, 2]), whole(g, 1, 0)), [2, 2], [2, 3, 4, 5]],
  ['x.T', (g) => transpose(counting(g, [2, 3]), [1, 0]), [3, 2], [0, 3, 1, 4, 2, 5]],
  ['x.reshape(3, 2)', (g) => reshape(counting(g, [2, 3]), [3, 2]), [3, 2], [0, 1, 2, 3, 4, 5]],
  ['cat', (g) => concat([counting(g, [2, 1]), counting(g, [2, 2])], 1), [2, 3], [0, 0, 1, 1, 2, 3]],
  ['x[:, :2]', (g) => take(counting(g, [2, 4]), 2, 1), [2, 2], [0, 1, 4, 5]],
  ['x.mean(1)', (g) => mean(counting(g, [2, 4, 1]), 1), [2, 1], [1.5, 5.5]],
  ['chunk(2, 1)[1]', (g) => split(counting(g, [2, 4]), 2, 1)[1]!, [2, 2], [2, 3, 6, 7]],
  [
    'interpolate 2×3 to 3×5, nearest',
    (g) => resizeNearest(counting(g, [1, 1, 2, 3]), 3, 5),
    [1, 1, 3, 5],
    [0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 3, 3, 4, 4, 5],
  ],
  [
    'layer_norm',
    (g) => layerNormalization(counting(g, [2, 2]), numbers(g, 1, 2), numbers(g, 0, 10), 1e-5),
    [2, 2],
    [-0.99998, 11.99996, -0.99998, 11.99996],
  ],
  [
    'layer_norm(x + x)',
    (g) => {
      const x = reshape(counting(g, [2, 2]), [1, 2, 2]);
      return skipLayerNormalization(x, x, numbers(g, 1, 2), numbers(g, 0, 10), 1e-5).normed;
    },
    [1, 2, 2],
    [-0.999995, 11.99999, -0.999995, 11.99999],
  ],
  [
    'x + x, of layer_norm(x + x)',
    (g) => {
      const x = reshape(counting(g, [2, 2]), [1, 2, 2]);
      return skipLayerNormalization(x, x, numbers(g, 1, 2), numbers(g, 0, 10), 1e-5).sum;
    },
    [1, 2, 2],
    [0, 2, 4, 6],
  ],
  [
    'instance_norm',
    (g) => instanceNormalization(counting(g, [1, 2, 2]), numbers(g, 1, 2), numbers(g, 0, 1), 1e-5),
    [1, 2, 2],
    [-0.99998, 0.99998, -0.99996, 2.99996],
  ],
];

describe('an op', () => {
  it.each(cases)('computes what torch computes: %s', async (_, make, dims, expected) => {
    const got = await evaluate(make);
    expect(got.dims).toEqual(dims);
    const differences = expected.map((value, i) => Math.abs(value - Number(got.data[i])));
    expect(got.data).toHaveLength(expected.length);
    expect(Math.max(...differences), `largest difference of [${got.data}]`).toBeLessThan(5e-6);
  });
});

describe('attention', () => {
  // One head of two channels, so that the scores of query i and key j are i·j·scale.
  const attend = (options: object) =>
    evaluate((g) => {
      const q = g.constant('float32', [1, 2, 2], [1, 0, 2, 0]);
      const v = g.constant('float32', [1, 2, 2], [0, 1, 1, 0]);
      return multiHeadAttention(q, q, v, { heads: 1, ...options });
    });
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const second = (scores: readonly number[]) => scores.flatMap((p) => [p, 1 - p]);

  it.each([
    ['divides scores by the root of the channels', {}, [Math.SQRT1_2, Math.SQRT2]],
    ['takes a scale of its own', { scale: 3 }, [3, 6]],
  ])('%s', async (_, options, margins) => {
    const { data } = await attend(options);
    const expected = second(margins.map(sigmoid));
    const differences = expected.map((value, i) => Math.abs(value - Number(data[i])));
    expect(Math.max(...differences), `largest difference of [${data}]`).toBeLessThan(1e-6);
  });

  it('sees only what came before when it is causal', async () => {
    const { data } = await attend({ scale: 3, causal: true });
    expect([data[0], data[1]]).toEqual([0, 1]);
    expect(Number(data[2])).toBeCloseTo(sigmoid(6), 6);
  });
});
