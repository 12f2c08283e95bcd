import { UserError } from '../../errors.js';
import { firstNotFinite } from '../checkpoint/finite.js';
import { convertFloats } from '../checkpoint/floats.js';
import { readTensor, type TensorInfo } from '../checkpoint/safetensors.js';
import type { Weights } from '../checkpoint/weights.js';
import { type DType, sizeOf } from '../onnx/dtype.js';
import type { Graph } from '../onnx/graph.js';
import type { Params, Target } from './target.js';

const dtypes: Readonly<Record<string, DType>> = { F32: 'float32', F16: 'float16' };

/**
 * A checkpoint's tensors as initializers of `graph`, in the target's type. Each one is checked when it is asked for:
 * missing, or of another shape than the config asks for, is a UserError 'bad-model' naming it.
 *
 * @param prefix goes before the initializers' names, where several checkpoints' weights meet in one graph.
 * @example
 * const p = createParams(graph, weights, cpuTarget);
 * const weight = p.scope('down_blocks.0.resnets.0').weight('conv1.weight', [320, 320, 3, 3]);
 */
export function createParams(graph: Graph, weights: Weights, target: Target, prefix = ''): Params {
  const prefixed = (name: string): string => (prefix === '' ? name : `${prefix}/${name}`);

  const stored = (name: string, shape: readonly number[]): TensorInfo => {
    const info = weights.tensors.get(name);
    if (info === undefined) throw problem(graph, `${prefixed(name)} is missing, want [${shape}]`);
    if (info.shape.join() !== shape.join())
      throw problem(graph, `${prefixed(name)} is [${info.shape}], want [${shape}]`);
    return info;
  };

  const at = (path: string): Params => {
    const full = (name: string): string => (path === '' ? name : `${path}.${name}`);
    const named = (name: string): string => prefixed(full(name));
    const p: Params = {
      path,
      graph,
      target,
      scope: (name) => at(full(name)),

      weight(name, shape, as = shape, rows = [0, shape[0]!]) {
        const info = stored(full(name), shape);
        const [first, end] = rows;
        const part = end - first === shape[0] ? '' : `[${first}:${end}]`;
        if (dtypes[info.dtype] !== target.dtype)
          return p.derived(name, {
            from: [{ name, shape }],
            shape: as,
            how: `converted${part}`,
            compute: ([values]) => {
              const each = values!.length / shape[0]!;
              return values!.subarray(first * each, end * each);
            },
          });
        const each = info.length / shape[0]!;
        const source = { file: info.file, offset: info.offset + first * each, length: (end - first) * each };
        return graph.initializer(`${named(name)}${part}`, target.dtype, as, source);
      },

      derived(name, { from, shape, how, compute, dtype = target.dtype }) {
        const parts = from.map((part) => stored(full(part.name), part.shape));
        const count = shape.reduce((product, dim) => product * dim, 1);
        return graph.initializer(`${named(name)}:${how}`, dtype, shape, {
          key: [weights.hash, how, dtype, ...parts.map((part) => part.name)].join(' '),
          length: count * sizeOf(dtype),
          compute: async () => {
            const bytes = bytesOf(compute(await Promise.all(parts.map(readTensor))), dtype);
            if (dtype === 'float16' && firstNotFinite(bytes, 'F16') >= 0)
              throw problem(graph, `${named(name)} has numbers too large for float16, want at most 65504`);
            return bytes;
          },
        });
      },
    };
    return p;
  };
  return at('');
}

function bytesOf(values: Float32Array, dtype: DType): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (dtype === 'float32') return bytes;
  if (dtype === 'int8') return new Uint8Array(Int8Array.from(values).buffer);
  const halves = new Uint8Array(2 * values.length);
  convertFloats(bytes, 'F32', 'F16', halves);
  return halves;
}

function problem(graph: Graph, text: string): UserError {
  return new UserError('bad-model', `Cannot build ${graph.name}: ${text}`);
}
