import type { Graph, Node, Var } from './graph.js';

/** The nodes that an output depends on, in their order: a fused kernel may have made others superfluous. */
export function liveNodes(graph: Graph): readonly Node[] {
  const wanted = new Set<Var>(graph.outputs.map(({ value }) => value));
  const live: Node[] = [];
  // Nodes stand behind what they take, so that one look from the end sees every wish in time.
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => output !== undefined && wanted.has(output))) continue;
    live.push(node);
    for (const input of node.inputs) if (input !== undefined) wanted.add(input);
  }
  return live.reverse();
}
