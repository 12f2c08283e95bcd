/**
 * Ways to compute a 3×3 convolution tile by tile with fewer products (Winograd 1980; Lavin and Gray 2015, arXiv
 * 1509.09308). With matrices I, G and O of one dimension, and g the filter, a tile of 4×4 results from a patch d is
 * Oᵀ·[(G·g·Gᵀ) ⊙ (I·d·Iᵀ)]·O: products of `planes`² pairs of numbers, each summed over the channels by one matrix product.
 */
export interface Tiling {
  /** Rows of results in a tile. */
  readonly tile: number;
  /** How many rows of the map there are from one patch to the next; the first begins one row above the map. */
  readonly step: number;
  /** What the result is larger than the map by. */
  readonly factor: number;
  /** [planes, rows of a patch] */
  readonly input: readonly (readonly number[])[];
  /** [planes, 3] */
  readonly filter: readonly (readonly number[])[];
  /** [tile, planes] */
  readonly output: readonly (readonly number[])[];
}

/**
 * F(4×4, 3×3): 36 products for 16 results, where a convolution has 144; transformed filters take 4 times the bytes. It
 * is interpolation at 0, ±5/8, ±3/2 and ∞, which rounds 2.2 times less than the usual 0, ±1, ±2 and ∞ (see
 * docs/decisions/cpu-convolutions.md); all numbers of `input` and `output` are exact in binary.
 */
export const tilesOf4: Tiling = {
  tile: 4,
  step: 4,
  factor: 1,
  input: [
    [225 / 256, 0, -169 / 64, 0, 1, 0],
    [0, -45 / 32, -9 / 4, 5 / 8, 1, 0],
    [0, 45 / 32, -9 / 4, -5 / 8, 1, 0],
    [0, -75 / 128, -25 / 64, 3 / 2, 1, 0],
    [0, 75 / 128, -25 / 64, -3 / 2, 1, 0],
    [0, 225 / 256, 0, -169 / 64, 0, 1],
  ],
  filter: [
    [256 / 225, 0, 0],
    [-2048 / 2975, -256 / 595, -32 / 119],
    [-2048 / 2975, 256 / 595, -32 / 119],
    [128 / 1071, 64 / 357, 32 / 119],
    [128 / 1071, -64 / 357, 32 / 119],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 1, 1, 0],
    [0, 5 / 8, -5 / 8, 3 / 2, -3 / 2, 0],
    [0, 25 / 64, 25 / 64, 9 / 4, 9 / 4, 0],
    [0, 125 / 512, -125 / 512, 27 / 8, -27 / 8, 1],
  ],
};

/** F(2×2, 3×3): 16 products for 4 results, where a convolution has 36; transformed filters take 1.8 times the bytes. */
export const tilesOf2: Tiling = {
  tile: 2,
  step: 2,
  factor: 1,
  input: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  filter: [
    [1, 0, 0],
    [1 / 2, 1 / 2, 1 / 2],
    [1 / 2, -1 / 2, 1 / 2],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

/**
 * The convolution of a map enlarged to twice its height and width by nearest neighbour, out of the map itself. Even
 * results are (g₀, g₁+g₂) over two neighbours and odd ones (g₀+g₁, g₂): F(2, 2) of each, 3 products for 2 results, so
 * that 36 products do for 16 results as in F(4×4, 3×3), with nothing but sums at both ends.
 */
export const doubling: Tiling = {
  tile: 4,
  step: 2,
  factor: 2,
  input: [
    [1, -1, 0, 0],
    [0, 1, 0, 0],
    [0, -1, 1, 0],
    [0, 1, -1, 0],
    [0, 0, 1, 0],
    [0, 0, -1, 1],
  ],
  filter: [
    [1, 0, 0],
    [1, 1, 1],
    [0, 1, 1],
    [1, 1, 0],
    [1, 1, 1],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 0, 0, 0, 0],
    [0, 0, 0, 1, 1, 0],
    [0, 1, 1, 0, 0, 0],
    [0, 0, 0, 0, 1, 1],
  ],
};
