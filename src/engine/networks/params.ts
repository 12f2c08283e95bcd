import { basename } from 'node:path';
import { UserError } from '../../errors.js';
import { readTensor, type TensorInfo } from '../checkpoint/safetensors.js';
import type { Weights } from '../checkpoint/weights.js';
import { bytesOf, type DType } from '../onnx/dtype.js';
import type { Graph } from '../onnx/graph.js';
import type { Params, Target } from './target.js';

const dtypes: Readonly<Record<string, DType>> = { F32: 'float32', F16: 'float16' };

/**
 * A checkpoint's tensors as initializers of `graph`. Each one is checked when it is asked for: missing, of another
 * type than the
 * target's, or of another shape than the config asks for is a UserError 'bad-model' naming it.
 *
 * @example
 * const p = createParams(graph, weights, cpuTarget);
 * const weight = p.scope('down_blocks.0.resnets.0').weight('conv1.weight', [320, 320, 3, 3]);
 */
export function createParams(graph: Graph, weights: Weights, target: Target): Params {
  const { dtype } = target;
  const stored = (name: string, shape: readonly number[]): TensorInfo => {
    const info = weights.tensors.get(name);
    if (info === undefined) throw problem(graph, `${name} is missing, want [${shape}]`);
    if (info.shape.join() !== shape.join())
      throw problem(graph, `${name} is [${info.shape}], want [${shape}]`);
    return info;
  };

  const at = (path: string): Params => {
    const full = (name: string): string => (path === '' ? name : `${path}.${name}`);
    return {
      path,
      graph,
      target,
      scope: (name) => at(full(name)),
      has: (name) => weights.tensors.has(full(name)),

      weight(name, shape, as = shape) {
        const info = stored(full(name), shape);
        if (dtypes[info.dtype] !== dtype)
          throw problem(graph, `${full(name)} is ${info.dtype}, want ${dtype}`);
        const { file, offset, length } = info;
        return graph.initializer(full(name), dtype, as, { file: basename(file), offset, length });
      },

      derived(name, { from, shape, how, compute, ...rest }) {
        const parts = from.map((part) => stored(full(part.name), part.shape));
        const result = rest.dtype ?? dtype;
        const count = shape.reduce((product, dim) => product * dim, 1);
        return graph.initializer(`${full(name)}:${how}`, result, shape, {
          key: [how, result, ...parts.map((part) => part.name)].join(' '),
          length: count * (result === 'float16' ? 2 : 4),
          compute: async () => bytesOf(result, compute(await Promise.all(parts.map(readTensor)))),
        });
      },
    };
  };
  return at('');
}

function problem(graph: Graph, text: string): UserError {
  return new UserError('bad-model', `Cannot build ${graph.name}: ${text}`);
}
