import { describe, expect, it } from 'vitest';
import {
  biasAdd,
  biasSplitGelu,
  multiHeadAttention,
  packedCrossAttention,
  packedSelfAttention,
} from '../../../src/engine/onnx/attention.js';
import { conv, nhwcConv } from '../../../src/engine/onnx/conv.js';
import { add, sin } from '../../../src/engine/onnx/elementwise.js';
import { gemm } from '../../../src/engine/onnx/gemm.js';
import { createGraph, type Var } from '../../../src/engine/onnx/graph.js';
import {
  concat,
  gather,
  gatherRows,
  reshape,
  rowAt,
  split,
  take,
  transpose,
} from '../../../src/engine/onnx/layout.js';
import { mean } from '../../../src/engine/onnx/mean.js';
import {
  groupNorm,
  instanceNormalization,
  layerNormalization,
  skipGroupNorm,
  skipLayerNormalization,
} from '../../../src/engine/onnx/normalization.js';
import { batch, type Shape } from '../../../src/engine/onnx/shape.js';

const graph = createGraph('unet');
let inputs = 0;
const of = (...shape: Shape): Var => graph.input(`x${inputs++}`, 'float32', shape);
const whole = (...shape: Shape): Var => graph.input(`x${inputs++}`, 'int64', shape);
const norm = { groups: 2, epsilon: 1e-5, silu: true };

describe('an op on shapes or types that do not fit', () => {
  it.each<[string, () => unknown]>([
    ['Add of float32 and int64: the types differ', () => add(of(2), whole(2))],
    ['Sin of int64, want a float', () => sin(whole(2))],
    ['Gemm of [B,320] with a weight [640,319], want [N,320]', () => gemm(of(batch, 320), of(640, 319))],
    ['Gemm of [B,77,320], want two axes', () => gemm(of(batch, 77, 320), of(640, 320))],
    ['Gemm to [B,640] with a bias [320], want [640]', () => gemm(of(batch, 320), of(640, 320), of(320))],
    [
      'Conv of [B,4,8,8] with a weight [320,9,3,3], want [O,4,kH,kW]',
      () => conv(of(batch, 4, 8, 8), of(320, 9, 3, 3)),
    ],
    [
      'Conv with a weight [320,4,3,3] and a bias [4]',
      () => conv(of(batch, 4, 8, 8), of(320, 4, 3, 3), of(4), { pads: [1, 1, 1, 1] }),
    ],
    ['Conv of [B,4,2,2] is smaller than its kernel', () => conv(of(batch, 4, 2, 2), of(320, 4, 3, 3))],
    [
      'NhwcConv of [B,8,8,4] with a weight [320,4,3,3], want [O,kH,kW,4]',
      () => nhwcConv(of(batch, 8, 8, 4), of(320, 4, 3, 3)),
    ],
    ['the first 9 of [B,4] along axis 1: there are not so many', () => take(of(batch, 4), 9, 1)],
    ['Mean of [B,4] along axis 0, want one of its own', () => mean(of(batch, 4), 0)],
    ['Reshape of [B,4,6] to [B,5,5]: the counts differ', () => reshape(of(batch, 4, 6), [batch, 5, 5])],
    ['Reshape of [B,4] to [4]: the counts differ', () => reshape(of(batch, 4), [4])],
    [
      'Transpose of [B,4,6] by [0,1,1]: not an order of its axes',
      () => transpose(of(batch, 4, 6), [0, 1, 1]),
    ],
    [
      'Concat of [B,4,8] and [B,4,9] along axis 1: the shapes do not meet',
      () => concat([of(batch, 4, 8), of(batch, 4, 9)], 1),
    ],
    [
      'Concat of [B,4] and [2,4] along axis 0: the shapes do not meet',
      () => concat([of(batch, 4), of(2, 4)], 0),
    ],
    ['Split of [B,5] along axis 1: not 2 equal parts', () => split(of(batch, 5), 2, 1)],
    ['Split of [B,4] along axis 0: not 2 equal parts', () => split(of(batch, 4), 2, 0)],
    ['Gather by float32, want int32 or int64', () => gather(of(10, 4), of(batch))],
    ['row 77 of [B,77,4], want one of [B,S,C]', () => rowAt(of(batch, 77, 4), 77)],
    ['rows of [B,77,4] at [B,1], want [B,S,C] and [B]', () => gatherRows(of(batch, 77, 4), whole(batch, 1))],
    [
      'LayerNormalization of [B,77,320] with [640], want [320]',
      () => layerNormalization(of(batch, 77, 320), of(640), of(640), 1e-5),
    ],
    [
      'InstanceNormalization of [B,32,100] with [16], want [32]',
      () => instanceNormalization(of(batch, 32, 100), of(16), of(16), 1e-5),
    ],
    [
      'SkipLayerNormalization of [B,77,4] and [B,76,4]: the shapes differ',
      () => skipLayerNormalization(of(batch, 77, 4), of(batch, 76, 4), of(4), of(4), 1e-5),
    ],
    ['GroupNorm of [B,8,8,4] with [8], want [4]', () => groupNorm(of(batch, 8, 8, 4), of(8), of(8), norm)],
    [
      'SkipGroupNorm of [B,8,8,4] with a skip [B,8]',
      () => skipGroupNorm(of(batch, 8, 8, 4), of(batch, 8), of(4), of(4), norm),
    ],
    [
      'MultiHeadAttention of [B,64,320], [B,77,640], [B,77,640]: the shapes do not meet',
      () => multiHeadAttention(of(batch, 64, 320), of(batch, 77, 640), of(batch, 77, 640), { heads: 8 }),
    ],
    [
      'MultiHeadAttention of [B,64,320], [B,77,320], [B,77,320]: 7 heads do not divide the channels',
      () => multiHeadAttention(of(batch, 64, 320), of(batch, 77, 320), of(batch, 77, 320), { heads: 7 }),
    ],
    [
      'MultiHeadAttention of packed [B,64,8,2,40], want [B,S,8,3,D]',
      () => packedSelfAttention(of(batch, 64, 8, 2, 40), { heads: 8 }),
    ],
    [
      'MultiHeadAttention of [B,64,300] and packed [B,77,8,2,40]',
      () => packedCrossAttention(of(batch, 64, 300), of(batch, 77, 8, 2, 40), { heads: 8 }),
    ],
    ['BiasSplitGelu of [B,64,2560] with a bias [1280]', () => biasSplitGelu(of(batch, 64, 2560), of(1280))],
    [
      'BiasAdd of [B,64,320], [320], [B,64,640]',
      () => biasAdd(of(batch, 64, 320), of(320), of(batch, 64, 640)),
    ],
  ])('is refused: %s', (problem, make) => {
    expect(make).toThrow(`Cannot build unet: ${problem}`);
  });
});
