import { availableParallelism } from 'node:os';
import type { Device } from '../job.js';
import type { RunMarks } from './drawing.js';
import { int8Saturates } from './int8Saturates.js';
import { settle } from './networks/derived.js';
import { type Graph, weightBytes } from './onnx/graph.js';
import { peakBytes } from './onnx/peakBytes.js';
import { encodeModel } from './onnx/protobuf.js';
import { isBatch } from './onnx/shape.js';
import { openSession, type Session } from './session.js';

export interface OpenGraphOptions {
  readonly device: Exclude<Device, 'auto'>;
  readonly cacheFolder: string;
  /** Threads of the CPU provider; the machine's cores when left out, and never more. */
  readonly threads?: number;
  readonly onRun?: RunMarks;
  /** Nothing in the graph is to be fused or folded. */
  readonly asWritten?: boolean;
}

const cores = availableParallelism();

/**
 * Opens a session on a graph that is built: computed weights are written to the cache, stored ones stay where they are.
 *
 * @throws UserError `bad-model`, `bad-output`, `no-device`, `out-of-memory`.
 * @example const session = await openGraph(graph, { device: 'cpu', cacheFolder: 'data/cache' });
 */
export async function openGraph(graph: Graph, options: OpenGraphOptions): Promise<Session> {
  const weightsFolder = await settle(graph, options.cacheFolder);
  const int8 = hasInt8(graph) ? { saturates: await int8Saturates() } : undefined;
  const peak = peakBytes(graph);
  const counted = graph.inputs.find(({ shape: [rows] }) => rows !== undefined && isBatch(rows));
  const session = await openSession(encodeModel(graph), {
    ...options,
    // Threads that wait for a core spin: with 20 on two cores a step took ten times as long.
    threads: Math.min(options.threads ?? cores, cores),
    weightsFolder,
    weightBytes: weightBytes(graph),
    int8,
  });
  return { ...session, activationBytes: (feeds) => peak((counted && feeds[counted.name]?.dims[0]) ?? 1) };
}

const hasInt8 = ({ initializers }: Graph): boolean =>
  [...initializers.values()].some(({ value }) => value.dtype === 'int8');
