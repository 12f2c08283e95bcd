import type { Var } from '../onnx/graph.js';
import type { ConvSpec } from './target.js';
import { doubling, type Tiling, tilesOf2, tilesOf4 } from './tiling.js';

/**
 * How to tile a convolution of x [B,C,H,W]; undefined where it is faster, or only possible, as ONNX has it. The figures
 * are in docs/decisions/cpu-convolutions.md.
 */
export function fitTiling(x: Var, spec: ConvSpec): Tiling | undefined {
  const { in: from, out, kernel = 3, stride = 1, pads, enlarge } = spec;
  const [height, width] = x.shape.slice(2) as [number, number];
  if (kernel !== 3 || stride !== 1 || pads !== undefined) return undefined;
  const doubled = enlarge?.height === 2 * height && enlarge.width === 2 * width;
  if (enlarge !== undefined && !doubled) return undefined;
  const pixels = height * width * (doubled ? 4 : 1);
  // Transforms take time by the channel, products by the pair of channels.
  if (from * out < (60 * (from + out)) / 2) return undefined;
  if (pixels < 256) return undefined;
  if (doubled) return doubling;
  return pixels >= 1024 ? tilesOf4 : tilesOf2;
}
