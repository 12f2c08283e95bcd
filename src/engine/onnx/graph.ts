/**
 * ONNX graphs as functions `Var → Var`, in the manner of Quantco's spox. A `Var` is a value of the graph with its
 * type and shape known; every op checks its inputs and infers its result when it is called, so that a wrong graph
 * fails at the line that made it, with the layer's name. Nothing is serialised here (see protobuf.ts).
 *
 * ```ts
 * const graph = createGraph('unet');
 * const x = graph.input('x', 'float32', [batch, 320]);                          // [B, 320]
 * const weight = graph.initializer('to_q.weight', 'float32', [640, 320], { file, offset, length });
 * graph.output('y', graph.within('to_q', () => silu(gemm(x, weight))));         // [B, 640]
 * const model: Uint8Array = encodeModel(graph);
 * ```
 */
import { UserError } from '../../errors.js';
import { bytesOf, type DType, sizeOf } from './dtype.js';
import { countOf, type Shape, sameShape, showShape } from './shape.js';

/** A value of a graph. */
export interface Var {
  readonly graph: Graph;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * Where an initializer's bytes are: in the model itself, or `length` bytes from `offset` of `file` (an
 * absolute path; once settled, one from the folder that the session is opened with), or still to be computed from stored tensors: `key` says from which and how, so
 * that the result can be kept in a file. Whoever encodes the model settles the computed ones first.
 */
export type Source =
  | { readonly bytes: Uint8Array }
  | { readonly file: string; readonly offset: number; readonly length: number }
  | { readonly key: string; readonly length: number; readonly compute: () => Promise<Uint8Array> };

export interface Initializer {
  readonly value: Var;
  readonly source: Source;
}

/** Spelled as AttributeProto spells its fields: integer, float, string, and lists. */
export type Attribute =
  | { readonly i: number }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly ints: readonly number[] };

/** An attribute that is undefined is left to ONNX's default. */
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

export interface Node {
  readonly name: string;
  readonly op: string;
  /** '' for ONNX's own operators, 'com.microsoft' for ONNX Runtime's. */
  readonly domain: string;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Var | undefined)[];
  /** Undefined where an optional output is left out. */
  readonly outputs: readonly (Var | undefined)[];
  readonly attributes: Attributes;
}

export interface NodeOptions {
  readonly attributes?: Attributes;
  readonly domain?: 'com.microsoft';
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly inputs: readonly Var[];
  readonly outputs: readonly { readonly name: string; readonly value: Var }[];
  readonly initializers: ReadonlyMap<string, Initializer>;

  /** Names of what runs inside start with `path`, as do the errors thrown there. */
  within<T>(path: string, make: () => T): T;
  /** Throws `Cannot build <graph>: <path>: <problem>`. */
  fail(problem: string): never;

  /** An input; the same one when it is there already. */
  input(name: string, dtype: DType, shape: Shape): Var;
  output(name: string, value: Var): void;
  /** A small constant kept in the model; equal ones are stored once. */
  constant(dtype: DType, shape: readonly number[], values: readonly number[]): Var;
  /** A weight. Its shape may differ from the stored one when the count of elements is the same. */
  initializer(name: string, dtype: DType, shape: readonly number[], source: Source): Var;
  /** Puts the bytes of a computed initializer where they now are. */
  settle(name: string, source: Source): void;
  /** Adds one node. Ops call this after checking their inputs; networks call ops. */
  node(
    op: string,
    inputs: readonly (Var | undefined)[],
    outputs: readonly ({ readonly dtype: DType; readonly shape: Shape } | undefined)[],
    options?: NodeOptions,
  ): Var[];
}

/** An empty graph; `name` is the word for the network in errors, as in "Cannot build unet: …". */
export function createGraph(name: string): Graph {
  const nodes: Node[] = [];
  const inputs: Var[] = [];
  const outputs: { name: string; value: Var }[] = [];
  const initializers = new Map<string, Initializer>();
  const constants = new Map<string, Var>();
  let path = '';

  const graph: Graph = {
    name,
    nodes,
    inputs,
    outputs,
    initializers,

    within(inner, make) {
      const outer = path;
      path = inner;
      try {
        return make();
      } finally {
        path = outer;
      }
    },

    fail(problem) {
      throw new UserError('bad-model', `Cannot build ${name}: ${path === '' ? '' : `${path}: `}${problem}`);
    },

    input(name, dtype, shape) {
      // Networks that meet in one graph are told the same things.
      const known = inputs.find((input) => input.name === name);
      if (known !== undefined) {
        if (known.dtype === dtype && sameShape(known.shape, shape)) return known;
        const found = `${known.dtype} ${showShape(known.shape)}`;
        return graph.fail(`input ${name} is ${found} for one network, want ${dtype} ${showShape(shape)}`);
      }
      const value: Var = { graph, name, dtype, shape };
      inputs.push(value);
      return value;
    },

    output(name, value) {
      outputs.push({ name, value });
    },

    constant(dtype, shape, values) {
      if (values.length !== countOf(shape))
        graph.fail(`a constant of ${values.length} values cannot be ${showShape(shape)}`);
      const key = `${dtype}${showShape(shape)}${values.join(',')}`;
      const known = constants.get(key);
      if (known !== undefined) return known;
      const source = { bytes: bytesOf(dtype, values) };
      const value = graph.initializer(`constant_${constants.size}`, dtype, shape, source);
      constants.set(key, value);
      return value;
    },

    initializer(name, dtype, shape, source) {
      const known = initializers.get(name)?.value;
      if (known !== undefined && known.dtype === dtype && showShape(known.shape) === showShape(shape))
        return known;
      const length = 'bytes' in source ? source.bytes.length : source.length;
      const wanted = (countOf(shape) as number) * sizeOf(dtype);
      if (length !== wanted)
        graph.fail(`${name} has ${length} bytes, want ${wanted} for ${dtype} ${showShape(shape)}`);
      // One stored tensor may serve in two shapes, as gamma [C] and [C,1,1].
      const value: Var = { graph, name: known ? `${name}${showShape(shape)}` : name, dtype, shape };
      if (!initializers.has(value.name)) initializers.set(value.name, { value, source });
      return initializers.get(value.name)!.value;
    },

    settle(name, source) {
      initializers.set(name, { value: initializers.get(name)!.value, source });
    },

    node(op, inputs, made, options = {}) {
      const name = `${path === '' ? '' : `${path}/`}${op}_${nodes.length}`;
      const outputs = made.map((output, i): Var | undefined => {
        if (output === undefined) return undefined;
        return { graph, name: i === 0 ? name : `${name}:${i}`, dtype: output.dtype, shape: output.shape };
      });
      for (const input of inputs)
        if (input !== undefined && input.graph !== graph)
          throw new Error(`${name} mixes two graphs: ${input.name} is of ${input.graph.name}`);
      nodes.push({
        name,
        op,
        domain: options.domain ?? '',
        inputs,
        outputs,
        attributes: options.attributes ?? {},
      });
      return outputs as Var[];
    },
  };
  return graph;
}

/** Bytes of the weights that lie in files. */
export function weightBytes(graph: Graph): number {
  const lengths = [...graph.initializers.values()].map(({ source }) =>
    'file' in source ? source.length : 0,
  );
  return lengths.reduce((sum, length) => sum + length, 0);
}
