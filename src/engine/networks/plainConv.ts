import { conv } from '../onnx/conv.js';
import type { Var } from '../onnx/graph.js';
import { resizeNearest } from '../onnx/layout.js';
import { type ConvSpec, layer } from './target.js';

/** A convolution of x [B,C,H,W] as ONNX has it. */
export const plainConv = layer((p, x: Var, spec: ConvSpec): Var => {
  const { enlarge, stride } = spec;
  const kernel = spec.kernel ?? 3;
  const pad = (kernel - 1) / 2;
  const weight = p.weight('weight', [spec.out, spec.in, kernel, kernel]);
  const pads = spec.pads ?? [pad, pad, pad, pad];
  const bias = spec.bias === false ? undefined : p.weight('bias', [spec.out]);
  const map = enlarge === undefined ? x : resizeNearest(x, enlarge.height, enlarge.width);
  return conv(map, weight, bias, { stride, pads });
});
