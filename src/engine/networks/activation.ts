import { gelu, silu } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';

/** diffusers' words for activations; swish is another name of silu. */
export type Activation = 'silu' | 'swish' | 'gelu';

export function activate(x: Var, activation: Activation): Var {
  return activation === 'gelu' ? gelu(x) : silu(x);
}
