import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunMarks } from '../../src/engine/drawing.js';
import { bytesOf } from '../../src/engine/onnx/dtype.js';
import { add } from '../../src/engine/onnx/elementwise.js';
import { gemm } from '../../src/engine/onnx/gemm.js';
import { createGraph, type Graph } from '../../src/engine/onnx/graph.js';
import { encodeModel } from '../../src/engine/onnx/protobuf.js';
import { batch } from '../../src/engine/onnx/shape.js';
import { nativeOptions, openSession, type SessionOptions, whyNotOn } from '../../src/engine/session.js';

async function open(graph: Graph, options: Partial<SessionOptions> = {}) {
  const session = await openSession(encodeModel(graph), {
    device: 'cpu',
    weightsFolder: '.',
    weightBytes: 0,
    ...options,
  });
  onTestFinished(() => session.release());
  return session;
}

/** y = x + 1, [B,2]. */
function plusOne(): Graph {
  const graph = createGraph('plus one');
  graph.output('y', add(graph.input('x', 'float32', [batch, 2]), graph.constant('float32', [], [1])));
  return graph;
}

const rows = (...values: number[]) => ({
  dtype: 'float32' as const,
  dims: [values.length / 2, 2],
  data: Float32Array.from(values),
});

describe('a session', () => {
  it('runs batches of any size and gives plain tensors', async () => {
    const session = await open(plusOne());
    expect(await session.run({ x: rows(1, 2) })).toEqual({ y: rows(2, 3) });
    expect(await session.run({ x: rows(1, 2, 3, 4, 5, 6) })).toEqual({ y: rows(2, 3, 4, 5, 6, 7) });
  });

  // Above and below the size at which weights are copied; the weight lies at an odd offset, as in safetensors files.
  it.each([0, 1e9])('reads weights from a file beside others, said to be %d bytes', async (weightBytes) => {
    const weightsFolder = await mkdtemp(join(tmpdir(), 'kiln-session-'));
    onTestFinished(() => rm(weightsFolder, { recursive: true }));
    const weight = bytesOf('float32', [1, 10, 100, 1000]);
    await writeFile(join(weightsFolder, 'w.bin'), Buffer.concat([randomBytes(13), weight]));
    const graph = createGraph('linear');
    const source = { file: 'w.bin', offset: 13, length: 16 };
    const w = graph.initializer('w', 'float32', [2, 2], source);
    graph.output('y', gemm(graph.input('x', 'float32', [batch, 2]), w));

    const session = await open(graph, { weightsFolder, weightBytes });
    expect((await session.run({ x: rows(1, 2) })).y!.data).toEqual(Float32Array.of(21, 2100));
  });

  it('says before and after each native call how much patience it needs: more for a shape seen first', async () => {
    const told: string[] = [];
    const onRun: RunMarks = {
      ready: async () => void told.push('ready'),
      began: (patience = 1) => told.push(patience > 1 ? 'began slow' : 'began'),
      ended: () => told.push('ended'),
    };
    const session = await open(plusOne(), { onRun });
    await session.run({ x: rows(1, 2) });
    await session.run({ x: rows(3, 4) });
    await session.run({ x: rows(1, 2, 3, 4) });
    const [slow, usual] = ['ready,began slow,ended', 'ready,began,ended'];
    expect(told.join()).toBe([slow, slow, usual, slow].join());
  });

  it('ends its mark when a run fails', async () => {
    const told: string[] = [];
    const onRun = { ready: async () => {}, began: () => told.push('began'), ended: () => told.push('ended') };
    const session = await open(plusOne(), { onRun });
    await expect(session.run({ x: { ...rows(1, 2), dims: [2, 1] } })).rejects.toThrow('x');
    expect(told).toEqual(['began', 'ended', 'began', 'ended']);
  });

  it('says in one sentence that memory does not suffice', async () => {
    // 2⁴⁶ floats: more than addresses, so that no system promises them.
    const size = 2 ** 23;
    const graph = createGraph('huge');
    const wide = graph.input('x', 'float32', [batch, 1, size]);
    graph.output('y', add(wide, graph.input('z', 'float32', [size, 1])));
    const session = await open(graph);
    const numbers = (...dims: number[]) => ({
      dtype: 'float32' as const,
      dims,
      data: new Float32Array(size),
    });
    await expect(session.run({ x: numbers(1, 1, size), z: numbers(size, 1) })).rejects.toMatchObject({
      code: 'out-of-memory',
      message:
        'Cannot run the model on cpu: it needs more memory than there is, want a smaller picture or model',
    });
  });
});

describe('large weights', () => {
  const told = (device: SessionOptions['device']) =>
    nativeOptions({ device, weightsFolder: '/m', weightBytes: 2e9 }).extra as {
      session: Record<string, string>;
    };

  it('are mapped on the CPU as they are', () => {
    expect(told('cpu').session).toMatchObject({
      disable_prepacking: '1',
      use_device_allocator_for_initializers: '0',
    });
  });

  it('on CUDA are told to kernels, as NhwcConv misreads its filters else, and lie outside the arena', () => {
    expect(told('cuda:0').session).toMatchObject({
      disable_prepacking: '0',
      use_device_allocator_for_initializers: '1',
    });
  });
});

describe('a device', () => {
  it('can be the CPU', async () => {
    expect(await whyNotOn('cpu')).toBeUndefined();
  });

  it('that no machine has is refused in one sentence', async () => {
    await expect(open(plusOne(), { device: 'cuda:99' })).rejects.toMatchObject({
      code: 'no-device',
      message: expect.stringMatching(
        /^Cannot run on cuda:99: [^\n]+, want an NVIDIA GPU with CUDA 13 \(kiln gpu says what to do\)$/,
      ),
    });
  });
});
