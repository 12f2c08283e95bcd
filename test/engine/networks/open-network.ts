import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openWeights, type Weights, weightsAs } from '../../../src/engine/checkpoint/weights.js';
import { int8Saturates } from '../../../src/engine/int8Saturates.js';
import { cpuTarget } from '../../../src/engine/networks/cpu.js';
import { cpuInt8Target } from '../../../src/engine/networks/cpu-int8.js';
import { settle } from '../../../src/engine/networks/derived.js';
import { createParams } from '../../../src/engine/networks/params.js';
import type { Params, Target } from '../../../src/engine/networks/target.js';
import { createGraph, weightBytes } from '../../../src/engine/onnx/graph.js';
import { encodeModel } from '../../../src/engine/onnx/protobuf.js';
import { openSession, type Tensor } from '../../../src/engine/session.js';
import type { Values } from '../../fixtures/calls.js';

/** Runs a network on plain values, each fed in the type that its input has. */
export type Run = (inputs: Readonly<Record<string, Values>>) => Promise<Readonly<Record<string, Values>>>;

interface OpenOptions {
  readonly threads?: number;
  /** `cpuTarget` when left out. */
  readonly target?: Target;
}

/** Opens one component of a checkpoint on the CPU, until the test is over. */
export async function openNetwork(
  folder: string,
  build: (p: Params) => void,
  options: OpenOptions = {},
): Promise<Run> {
  return openNetworks([await openWeights(folder, { cacheFolder })], ([p]) => build(p!), options);
}

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');

/** Opens networks that meet in one graph; the weights of each go with its own `Params`. */
export async function openNetworks(
  weights: readonly Weights[],
  build: (all: readonly Params[]) => void,
  { target = cpuTarget, ...options }: OpenOptions = {},
): Promise<Run> {
  const graph = createGraph('network');
  const singles = await Promise.all(weights.map((each) => weightsAs(each, 'F32', cacheFolder)));
  build(singles.map((each, i) => createParams(graph, each, target, i === 0 ? '' : `network ${i}`)));
  const weightsFolder = await settle(graph, cacheFolder);
  const session = await openSession(encodeModel(graph), {
    ...options,
    device: 'cpu',
    weightsFolder,
    weightBytes: weightBytes(graph),
    int8: target === cpuInt8Target ? { saturates: await int8Saturates() } : undefined,
  });
  onTestFinished(() => session.release());

  return async (inputs) => {
    const feeds: Record<string, Tensor> = {};
    for (const { name, dtype } of graph.inputs) {
      const { shape, data } = inputs[name]!;
      const values = dtype === 'int64' ? BigInt64Array.from(data, BigInt) : data;
      feeds[name] = {
        dtype: dtype as Tensor['dtype'],
        dims: shape,
        data: dtype === 'int32' ? Int32Array.from(data) : values,
      };
    }
    const outputs = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [
        name,
        { shape: dims, data: data as Float32Array },
      ]),
    );
  };
}
