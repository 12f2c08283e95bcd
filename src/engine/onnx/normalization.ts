import type { Var } from './graph.js';
import { sameDim, sameShape, showShape } from './shape.js';

/** LayerNorm over the last axis of x […,C], with gamma and beta [C]. */
export function layerNormalization(x: Var, gamma: Var, beta: Var | undefined, epsilon: number): Var {
  checkChannels('LayerNormalization', x, gamma, beta, x.shape.length - 1);
  const inputs = beta === undefined ? [x, gamma] : [x, gamma, beta];
  const attributes = { axis: { i: -1 }, epsilon: { f: epsilon } };
  return x.graph.node('LayerNormalization', inputs, [x], { attributes })[0]!;
}

/** Each sample's channel of x [B,C,…] to mean 0 and variance 1, then ·scale + bias, both [C]. */
export function instanceNormalization(x: Var, scale: Var, bias: Var, epsilon: number): Var {
  checkChannels('InstanceNormalization', x, scale, bias, 1);
  const attributes = { epsilon: { f: epsilon } };
  return x.graph.node('InstanceNormalization', [x, scale, bias], [x], { attributes })[0]!;
}

/** com.microsoft SkipLayerNormalization: `sum` = x + skip + bias [C], `normed` = LayerNorm of the sum; x [B,S,C]. */
export function skipLayerNormalization(
  x: Var,
  skip: Var,
  gamma: Var,
  beta: Var,
  epsilon: number,
  bias?: Var,
): { normed: Var; sum: Var } {
  checkChannels('SkipLayerNormalization', x, gamma, beta, x.shape.length - 1);
  if (!sameShape(x.shape, skip.shape))
    x.graph.fail(
      `SkipLayerNormalization of ${showShape(x.shape)} and ${showShape(skip.shape)}: the shapes differ`,
    );
  const [normed, , , sum] = x.graph.node(
    'SkipLayerNormalization',
    [x, skip, gamma, beta, ...(bias === undefined ? [] : [bias])],
    [x, undefined, undefined, x],
    { domain: 'com.microsoft', attributes: { epsilon: { f: epsilon } } },
  );
  return { normed: normed!, sum: sum! };
}

export interface GroupNormOptions {
  readonly groups: number;
  readonly epsilon: number;
  /** SiLU after it, in the same kernel. */
  readonly silu: boolean;
}

/** com.microsoft GroupNorm (CUDA): x [B,H,W,C] with gamma and beta [C], which must be float32 even for fp16 data. */
export function groupNorm(x: Var, gamma: Var, beta: Var, options: GroupNormOptions): Var {
  checkChannels('GroupNorm', x, gamma, beta, 3);
  return x.graph.node('GroupNorm', [x, gamma, beta], [x], groupNormAttributes(options))[0]!;
}

/**
 * com.microsoft SkipGroupNorm (CUDA): `sum` = x + skip + bias [C], `normed` = GroupNorm of the sum. x [B,H,W,C]; skip
 * is of x's shape, [B,1,1,C] or [B,C], so that a time embedding can be added here.
 */
export function skipGroupNorm(
  x: Var,
  skip: Var,
  gamma: Var,
  beta: Var,
  options: GroupNormOptions,
  bias?: Var,
): { normed: Var; sum: Var } {
  checkChannels('SkipGroupNorm', x, gamma, beta, 3);
  const [b, , , c] = x.shape;
  if (![x.shape, [b!, 1, 1, c!], [b!, c!]].some((shape) => sameShape(shape, skip.shape)))
    x.graph.fail(`SkipGroupNorm of ${showShape(x.shape)} with a skip ${showShape(skip.shape)}`);
  const inputs = [x, gamma, beta, skip, ...(bias === undefined ? [] : [bias])];
  const [normed, sum] = x.graph.node('SkipGroupNorm', inputs, [x, x], groupNormAttributes(options));
  return { normed: normed!, sum: sum! };
}

const groupNormAttributes = ({ groups, epsilon, silu }: GroupNormOptions) => ({
  domain: 'com.microsoft' as const,
  attributes: {
    groups: { i: groups },
    epsilon: { f: epsilon },
    activation: { i: silu ? 1 : 0 },
    channels_last: { i: 1 },
  },
});

function checkChannels(op: string, x: Var, gamma: Var, beta: Var | undefined, axis: number): void {
  const channels = x.shape[axis]!;
  for (const value of [gamma, beta])
    if (value !== undefined && !(value.shape.length === 1 && sameDim(value.shape[0]!, channels)))
      x.graph.fail(
        `${op} of ${showShape(x.shape)} with ${showShape(value.shape)}, want ${showShape([channels])}`,
      );
}
