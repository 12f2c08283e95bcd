import type { Graph } from '../onnx/graph.js';

/** Computes what the target derived from stored weights and puts the results into the model itself. */
export async function settle(graph: Graph): Promise<void> {
  for (const { value, source } of graph.initializers.values())
    if ('compute' in source) graph.settle(value.name, { bytes: await source.compute() });
}
