import type { Var } from '../onnx/graph.js';
import type { ConvSpec } from './target.js';
import { filterBytes } from './tiledConv.js';
import { doubling, type Tiling, tilesOf2, tilesOf4 } from './tiling.js';

/**
 * How to tile a convolution of x [B,C,H,W]; undefined where it is faster, or only possible, as ONNX has it.
 *
 * @example fitTiling(x, { in: 320, out: 320 }); // tilesOf4, of a map of 64×64
 */
export function fitTiling(x: Var, spec: ConvSpec): Tiling | undefined {
  const { kernel = 3, stride = 1, pads, enlarge } = spec;
  const [height, width] = x.shape.slice(2) as [number, number];
  if (kernel !== 3 || stride !== 1 || pads !== undefined) return undefined;
  const doubled = enlarge?.height === 2 * height && enlarge.width === 2 * width;
  if (enlarge !== undefined && !doubled) return undefined;
  const size = enlarge ?? { height, width };
  const plain = size.height * size.width * spec.in * spec.out * costs.plain;
  const [best] = (doubled ? [doubling] : [tilesOf4, tilesOf2])
    .map((tiling) => ({ tiling, cost: tiledCost(tiling, spec, height, width) }))
    .sort((a, b) => a.cost - b.cost);
  return best!.cost < worthwhile * plain ? best!.tiling : undefined;
}

/** Where less is expected to be gained, plain convolutions have the advantage of blocked layouts. */
const worthwhile = 0.85;

/**
 * Nanoseconds on two cores with AVX-512, from docs/decisions/cpu-convolutions.md; only how they compare matters. All grow
 * with cores and clocks alike.
 */
const costs = {
  /** A filter of 3×3 at one place. */
  plain: 9 / 110,
  /** A product and its sum among those of two matrices. */
  product: 1 / 95,
  /** One number of a transformed filter. */
  filter: 0.24,
  /** A pixel of a channel before and after. */
  input: 1.7,
  output: 1.2,
  /** The dozen operators that each portion of filters passes through. */
  portion: 8e4,
};

function tiledCost({ tile, factor, input }: Tiling, spec: ConvSpec, height: number, width: number): number {
  const { in: from, out } = spec;
  const tiles = Math.ceil((factor * height) / tile) * Math.ceil((factor * width) / tile);
  const numbers = input.length ** 2;
  return (
    from * out * numbers * (tiles * costs.product + costs.filter) +
    height * width * from * costs.input +
    tiles * tile ** 2 * out * costs.output +
    Math.ceil((4 * from * out * numbers) / filterBytes) * costs.portion
  );
}
