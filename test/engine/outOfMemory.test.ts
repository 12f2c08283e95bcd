import { describe, expect, it } from 'vitest';
import { keepSessions } from '../../src/engine/kept-sessions.js';
import { lostError, memoryError, type Session, type Tensor } from '../../src/engine/session.js';
import { sharedSessions } from '../../src/engine/sharedSessions.js';
import { createUNetCalls } from '../../src/engine/unetCalls.js';

/** As ONNX Runtime 1.30 throws them: bfc_arena.cc and cuda_call.cc, with the node's name before. */
const words = [
  "Non-zero status code returned while running FusedMatMul node. Name:'to_q' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 2147483648",
  'CUDA failure 2: out of memory ; GPU=0 ; hostname=kiln ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_allocator.cc ; line=25 ; expr=cudaMalloc((void**)&p, size);',
  'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=kiln ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/math/matmul.cc ; line=1 ; expr=cublasGemmHelper',
  'CUDNN failure 2: CUDNN_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=kiln ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/nn/conv.cc ; line=1 ; expr=cudnnConvolutionForward',
];

/** A GPU that holds as much as is said: sessions take their weights, runs what their rows need, and an arena keeps it. */
function gpu(room: number) {
  const log: string[] = [];
  let taken = 0;
  const sessionOf = (name: string, weightBytes: number, each: number) => async (): Promise<Session> => {
    const own = { arena: 0 };
    const take = (bytes: number) => {
      if (taken + bytes > room) throw memoryError(new Error(words[0]), 'cuda:0');
      taken += bytes;
    };
    take(weightBytes);
    log.push(`+${name}`);
    return {
      weightBytes,
      async run(feeds) {
        const rows = feeds.sample!.dims[0]!;
        const wanted = rows * each;
        if (wanted > own.arena) {
          take(wanted - own.arena);
          own.arena = wanted;
        }
        log.push(`${name} ${rows}`);
        return { out_sample: feeds.sample! };
      },
      async release() {
        taken -= weightBytes + own.arena;
        log.push(`-${name}`);
      },
    };
  };
  return { log, sessionOf };
}

const rows = (count: number): Record<string, Tensor> => ({
  sample: { dtype: 'float32', dims: [count, 1], data: Float32Array.from({ length: count }, (_, i) => i) },
});

it.each(words)('is what ONNX Runtime means by %s', (text) => {
  expect(memoryError(new Error(text), 'cuda:0')).toMatchObject({
    code: 'out-of-memory',
    message:
      'Cannot run the model on cuda:0: it needs more memory than there is, want a smaller picture or model',
  });
  expect(memoryError(new Error('Got invalid dimensions for input'), 'cuda:0')).toBeUndefined();
});

it.each([
  [
    'CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=kiln ; file=x.cc ; line=1 ; expr=cudaStreamSynchronize',
    'an illegal memory access was encountered',
  ],
  ['CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=kiln', 'unspecified launch failure'],
  [words[1]!, undefined],
  ['CUDA failure 1: invalid argument ; GPU=0', undefined],
])('and what no call of this process would survive is told apart: %s', (text, said) => {
  const sentence =
    said && `Cannot finish drawing: the GPU failed (${said}); the next draw starts a fresh engine`;
  expect(lostError(new Error(text))?.message).toBe(sentence);
});

describe('where memory runs out in a run', () => {
  it('all else is closed, and the run is tried once more', async () => {
    const { log, sessionOf } = gpu(100);
    const kept = keepSessions({ most: 4 });
    await kept.network('text', '', sessionOf('text', 30, 5)).run(rows(1));
    const decoder = kept.network('vae', '', sessionOf('vae', 20, 50));
    expect((await decoder.run(rows(1))).out_sample).toBeDefined();
    expect(log).toEqual(['+text', 'text 1', '+vae', '-vae', '-text', '+vae', 'vae 1']);
  });

  it('of opening one, too', async () => {
    const { log, sessionOf } = gpu(100);
    const kept = keepSessions({ most: 4 });
    await kept.network('text', '', sessionOf('text', 60, 5)).run(rows(1));
    await kept.network('vae', '', sessionOf('vae', 60, 5)).run(rows(1));
    expect(log).toEqual(['+text', 'text 1', '-text', '+vae', 'vae 1']);
  });

  it('twice, it is said, nothing stays behind, and the next run works', async () => {
    const { log, sessionOf } = gpu(100);
    const unet = keepSessions({ most: 4 }).network('unet', '', sessionOf('unet', 20, 30));
    await expect(unet.run(rows(4))).rejects.toMatchObject({ code: 'out-of-memory' });
    expect(log).toEqual(['+unet', '-unet', '+unet', '-unet']);
    await unet.run(rows(2));
    expect(log.slice(4)).toEqual(['+unet', 'unet 2']);
  });

  it('whoever runs the same network meanwhile is not disturbed', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const released: number[] = [];
    let opened = 0;
    const unet = keepSessions({ most: 4 }).network('unet', '', async () => {
      const own = opened++;
      return {
        weightBytes: 1,
        async run(feeds) {
          if (released.includes(own)) throw new Error('Session already disposed');
          if (feeds.sample!.dims[0] === 1) await gate;
          else if (own === 0) throw memoryError(new Error(words[1]), 'cuda:0');
          return feeds as Record<string, Tensor>;
        },
        release: async () => void released.push(own),
      };
    });
    const slow = unet.run(rows(1));
    const failing = unet.run(rows(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(released).toEqual([]);
    open();
    expect((await slow).sample!.dims).toEqual([1, 1]);
    expect((await failing).sample!.dims).toEqual([2, 1]);
    expect([opened, released]).toEqual([2, [0]]);
  });
});

describe('jobs that share a call', () => {
  it('are halved until they fit, each gets its own rows, and later calls carry no more', async () => {
    const { log, sessionOf } = gpu(100);
    const kept = keepSessions({ most: 4 });
    const calls = createUNetCalls();
    const shape = { width: 8, height: 8, tokens: 77 };
    const name = calls.name('', shape, kept.network('unet', '', sessionOf('unet', 20, 30)));
    const ask = (id: number) =>
      calls.denoise({
        shape: name,
        count: 1,
        inputs: { sample: { data: Float32Array.of(id), rowDims: [1] } },
      });
    const drawn = await Promise.all([7, 8, 9, 10].map(ask));
    expect(drawn.map((one) => one[0])).toEqual([7, 8, 9, 10]);
    expect(log.filter((line) => line.startsWith('unet'))).toEqual(['unet 2', 'unet 2']);
    log.length = 0;
    await Promise.all([1, 2, 3, 4].map(ask));
    expect(log).toEqual(['unet 2', 'unet 2']);
  });

  it('fail one by one where even one does not fit, and not for each other', async () => {
    const { sessionOf } = gpu(40);
    const kept = keepSessions({ most: 4 });
    const calls = createUNetCalls();
    const name = calls.name(
      '',
      { width: 8, height: 8, tokens: 77 },
      kept.network('unet', '', sessionOf('unet', 20, 30)),
    );
    const ask = () =>
      calls.denoise({
        shape: name,
        count: 1,
        inputs: { sample: { data: Float32Array.of(1), rowDims: [1] } },
      });
    const ends = await Promise.allSettled([ask(), ask()]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('what cannot fit', () => {
  const session = (weightBytes: number, each: number) => async (): Promise<Session> => ({
    weightBytes,
    activationBytes: (feeds) => each * feeds.sample!.dims[0]!,
    run: async (feeds) => ({ ...feeds }),
    release: async () => {},
  });

  it('is refused before it runs, in one sentence, and what fits is not', async () => {
    const kept = sharedSessions('cuda:0', undefined, 16e9);
    const unet = kept.network('unet', '', session(2e9, 8e9));
    await unet.run(rows(1));
    await expect(unet.run(rows(2))).rejects.toMatchObject({
      code: 'out-of-memory',
      message: 'Cannot run the model: it needs 18.0 GB or more, found 16.0 GB, want a smaller picture',
    });
  });

  it("is more than KILN_MEMORY_MB on a GPU, and more than the machine's memory on the CPU, where weights are mapped", async () => {
    const onGpu = sharedSessions('cuda:0', 8000, 16e9).network('unet', '', session(2e9, 8e9));
    await expect(onGpu.run(rows(1))).rejects.toMatchObject({ code: 'out-of-memory' });
    const onCpu = sharedSessions('cpu', 8000, 16e9).network('unet', '', session(12e9, 8e9));
    await onCpu.run(rows(1));
    await expect(onCpu.run(rows(3))).rejects.toMatchObject({ code: 'out-of-memory' });
  });

  it('makes room for itself on a GPU by what others hold', async () => {
    const { log, sessionOf } = gpu(1e12);
    const other = keepSessions({ most: 4, limit: 100 });
    await other.network('a', '', sessionOf('a', 60, 1)).run(rows(1));
    await other
      .network('b', '', async () => ({ ...(await sessionOf('b', 30, 1)()), activationBytes: () => 50 }))
      .run(rows(1));
    expect(log).toEqual(['+a', 'a 1', '+b', '-a', 'b 1']);
  });
});
