import type { Var } from './graph.js';
import { showDim, showShape } from './shape.js';

/** Padding in ONNX's order: top, left, bottom, right. */
export interface ConvOptions {
  readonly stride?: number;
  readonly pads?: readonly [number, number, number, number];
}

/** Convolution of x [B,C,H,W] with weight [O,C,kH,kW] and bias [O] → [B,O,H',W']. */
export function conv(x: Var, weight: Var, bias?: Var, options: ConvOptions = {}): Var {
  const [b, c, h, w] = x.shape;
  const [o, inner, kernelH, kernelW] = weight.shape as number[];
  if (x.shape.length !== 4 || weight.shape.length !== 4 || c !== inner)
    return x.graph.fail(
      `Conv of ${showShape(x.shape)} with a weight ${showShape(weight.shape)}, want [O,${showDim(c!)},kH,kW]`,
    );
  const [height, width] = windows(x, [h as number, w as number], [kernelH!, kernelW!], options);
  return convNode('Conv', x, weight, bias, options, [b!, o!, height, width], [kernelH!, kernelW!]);
}

/**
 * com.microsoft NhwcConv (CUDA): x [B,H,W,C] with weight [O,kH,kW,C] → [B,H',W',O]. The weight is torch's, transposed
 * (0,2,3,1) beforehand: ONNX Runtime does not fold that Transpose.
 */
export function nhwcConv(x: Var, weight: Var, bias?: Var, options: ConvOptions = {}): Var {
  const [b, h, w, c] = x.shape;
  const [o, kernelH, kernelW, inner] = weight.shape as number[];
  if (x.shape.length !== 4 || weight.shape.length !== 4 || c !== inner)
    return x.graph.fail(
      `NhwcConv of ${showShape(x.shape)} with a weight ${showShape(weight.shape)}, want [O,kH,kW,${showDim(c!)}]`,
    );
  const [height, width] = windows(x, [h as number, w as number], [kernelH!, kernelW!], options);
  return convNode('NhwcConv', x, weight, bias, options, [b!, height, width, o!], [kernelH!, kernelW!]);
}

/** How often the kernel fits, down and across. */
function windows(
  x: Var,
  size: readonly [number, number],
  kernel: readonly [number, number],
  { stride = 1, pads = [0, 0, 0, 0] }: ConvOptions,
): [number, number] {
  const height = Math.floor((size[0] + pads[0] + pads[2] - kernel[0]) / stride) + 1;
  const width = Math.floor((size[1] + pads[1] + pads[3] - kernel[1]) / stride) + 1;
  if (height < 1 || width < 1)
    return x.graph.fail(`Conv of ${showShape(x.shape)} is smaller than its kernel`);
  return [height, width];
}

function convNode(
  op: 'Conv' | 'NhwcConv',
  x: Var,
  weight: Var,
  bias: Var | undefined,
  { stride = 1, pads = [0, 0, 0, 0] }: ConvOptions,
  shape: Var['shape'],
  kernel: readonly number[],
): Var {
  if (bias !== undefined && showShape(bias.shape) !== showShape([weight.shape[0]!]))
    return x.graph.fail(`${op} with a weight ${showShape(weight.shape)} and a bias ${showShape(bias.shape)}`);
  if (x.dtype !== weight.dtype) return x.graph.fail(`${op} of ${x.dtype} with a ${weight.dtype} weight`);
  return x.graph.node(op, bias === undefined ? [x, weight] : [x, weight, bias], [{ dtype: x.dtype, shape }], {
    domain: op === 'NhwcConv' ? 'com.microsoft' : undefined,
    attributes: {
      kernel_shape: { ints: kernel },
      strides: { ints: [stride, stride] },
      pads: { ints: pads },
    },
  })[0]!;
}
