import { sizeOf } from './dtype.js';
import type { Graph, Var } from './graph.js';
import { liveNodes } from './liveNodes.js';
import { isBatch } from './shape.js';

/** What only looks at another value's bytes in another shape. */
const views = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);

/**
 * Bytes of what a graph computes that are needed at the same time, at least: each value from the node that makes it to
 * the last that takes it, weights not counted. Kernels' own scratch space and what an allocator keeps come on top.
 *
 * @returns a function of the batch
 * @example peakBytes(graph)(2); // 83_886_080 of a U-Net for a guided picture of 512×512
 */
export function peakBytes(graph: Graph): (samples: number) => number {
  const nodes = liveNodes(graph);
  const given = new Set<Var>([...graph.initializers.values()].map(({ value }) => value));
  const owners = new Map<Var, Var>();
  const ownerOf = (value: Var) => owners.get(value) ?? value;
  const last = new Map<Var, number>();
  nodes.forEach(({ op, inputs, outputs }, index) => {
    const [source] = inputs;
    const [seen] = outputs;
    if (views.has(op) && source && seen && !given.has(source)) owners.set(seen, ownerOf(source));
    for (const input of inputs) if (input && !given.has(input)) last.set(ownerOf(input), index);
  });
  for (const { value } of graph.outputs) last.set(ownerOf(value), nodes.length);

  /** Bytes that come and go with each node: [whatever the batch is, for each sample]. */
  const changes = Array.from({ length: nodes.length + 2 }, () => [0, 0] as [number, number]);
  const count = (value: Var, from: number) => {
    const bytes = value.shape.reduce<number>(
      (product, dim) => product * (isBatch(dim) ? dim.times : dim),
      sizeOf(value.dtype),
    );
    const kind = value.shape.some(isBatch) ? 1 : 0;
    changes[from]![kind] += bytes;
    changes[(last.get(value) ?? from) + 1]![kind] -= bytes;
  };
  for (const input of graph.inputs) count(input, 0);
  nodes.forEach(({ outputs }, index) => {
    for (const output of outputs) if (output && ownerOf(output) === output) count(output, index);
  });

  return (samples) => {
    let [fixed, each, most] = [0, 0, 0];
    for (const [always, perSample] of changes) {
      fixed += always;
      each += perSample;
      most = Math.max(most, fixed + each * samples);
    }
    return most;
  };
}
