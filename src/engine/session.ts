/** The one door to ONNX Runtime. */
import { availableParallelism } from 'node:os';
import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { UserError } from '../errors.js';
import type { Device } from '../job.js';
import type { RunMarks } from './drawing.js';
import { add } from './onnx/elementwise.js';
import { createGraph } from './onnx/graph.js';
import { encodeModel } from './onnx/protobuf.js';

/** Plain data, row-major. float16 travels as its bits in a Uint16Array: Node 20 has no Float16Array. */
export interface Tensor {
  readonly dtype: 'float32' | 'float16' | 'int32' | 'int64' | 'bool';
  readonly dims: readonly number[];
  readonly data: Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;
}

export interface Session {
  /**
   * Runs the model once. It blocks the calling thread until it is done, and a process runs one at a time.
   *
   * @throws UserError `out-of-memory`
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Of the weights it was opened with. */
  readonly weightBytes: number;
  /** Bytes that a run needs besides, at least; unknown where it is left out. */
  activationBytes?(feeds: Readonly<Record<string, Tensor>>): number;
  /** Frees the native memory; the session is of no use afterwards. */
  release(): Promise<void>;
}

export interface SessionOptions {
  readonly device: Exclude<Device, 'auto'>;
  /** The folder that the model's external weights are named in. */
  readonly weightsFolder: string;
  /** Bytes of those weights: small ones are copied into the layouts that kernels like best, large ones are mapped. */
  readonly weightBytes: number;
  /** Given where the weights are 8-bit numbers. */
  readonly int8?: {
    /** Whether sums of two products with signed ones end at 32767 here: they become unsigned then, and slower. */
    readonly saturates: boolean;
  };
  /** Threads of the CPU provider; the machine's cores when left out. */
  readonly threads?: number;
  /** Told around every native call. */
  readonly onRun?: RunMarks;
  /** Nothing in the model is to be fused or folded. */
  readonly asWritten?: boolean;
}

// Rewriting convolutions to blocked layouts, and prepacking, copy the weights: worth up to a third of the time, and
// memory that a checkpoint of gigabytes may not take twice. SD's VAE decoder, 198 MB, opens 0.3 s sooner when it is
// mapped, and loses that in its first picture of 256×256. See docs/decisions/batch-identical-bytes.md as well.
const smallWeights = 256 * 2 ** 20;
// Those in 8 bits are laid out anew in each call where they are mapped: a quarter of the time of SD 1.5's U-Net, 860 MB.
const smallInt8Weights = 1024 * 2 ** 20;

/**
 * Opens a model given as ONNX bytes.
 *
 * @throws UserError `no-device` when the device's provider does not load here, `out-of-memory`
 * @example
 * const session = await openSession(encodeModel(graph), { device: 'cpu', weightsFolder: '/m/unet', weightBytes: 7e7 });
 * const { out_sample } = await session.run({ sample, timestep, encoder_hidden_states });
 */
export async function openSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const { device, onRun } = options;
  const create = () => InferenceSession.create(model, nativeOptions(options));
  env.logLevel = 'fatal';
  const session = await marked(onRun, slowly, create).catch((error) => {
    throw memoryError(error, device) ?? noDevice(error, device) ?? error;
  });

  const seen = new Set<string>();
  return {
    async run(feeds) {
      const shapes = Object.values(feeds).map(({ dims }) => dims.join('x'));
      const patience = seen.has(shapes.join()) ? 1 : slowly;
      seen.add(shapes.join());
      const inputs = Object.entries(feeds).map(([name, { dtype, data, dims }]) => [
        name,
        ortTensor(dtype, data, dims),
      ]);
      const outputs = await marked(onRun, patience, () => session.run(Object.fromEntries(inputs))).catch(
        (error) => {
          throw memoryError(error, device) ?? lostError(error) ?? error;
        },
      );
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { type, dims, data }]) => [
          name,
          { dtype: type, dims, data } as Tensor,
        ]),
      );
    },
    weightBytes: options.weightBytes,
    release: () => session.release(),
  };
}

/**
 * What ONNX Runtime is told of a session.
 *
 * @example nativeOptions({ device: 'cpu', weightsFolder: '/m/unet', weightBytes: 7e7 }).graphOptimizationLevel; // 'all'
 */
export function nativeOptions(options: SessionOptions): InferenceSession.SessionOptions {
  const { device, weightsFolder, weightBytes, int8, threads, asWritten } = options;
  const small = weightBytes < (int8 ? smallInt8Weights : smallWeights);
  const cuda = device.startsWith('cuda');
  return {
    executionProviders: [provider(device)],
    graphOptimizationLevel: asWritten ? 'disabled' : small ? 'all' : 'extended',
    intraOpNumThreads: threads ?? availableParallelism(),
    logSeverityLevel: silent,
    extra: {
      session: {
        model_external_initializers_file_folder_path: weightsFolder,
        // On CUDA it copies nothing, and NhwcConv learns there that its filters are NHWC: without it they are misread.
        disable_prepacking: small || cuda ? '0' : '1',
        x64quantprecision: int8?.saturates ? '1' : '0',
        // Weights then lie outside the arena, which would keep up to twice their size.
        use_device_allocator_for_initializers: cuda ? '1' : '0',
      },
    },
  };
}

/**
 * Why a device cannot be used here, as one sentence; undefined when it can. Loads the provider, so it takes up to
 * seconds on a GPU.
 */
export async function whyNotOn(device: SessionOptions['device']): Promise<string | undefined> {
  const graph = createGraph('probe');
  graph.output('y', add(graph.input('x', 'float32', [1]), graph.constant('float32', [1], [1])));
  try {
    const session = await openSession(encodeModel(graph), { device, weightsFolder: '.', weightBytes: 0 });
    await session.release();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

// Loading, and the first run of a shape, in which GPU providers search for their kernels.
const slowly = 5;

// Everything that goes wrong is thrown as well: nothing is to be written on stderr past the program's own words.
const silent = 4;

async function marked<T>(marks: RunMarks | undefined, patience: number, call: () => Promise<T>): Promise<T> {
  await marks?.ready();
  marks?.began(patience);
  try {
    return await call();
  } finally {
    marks?.ended();
  }
}

function provider(device: SessionOptions['device']): InferenceSession.ExecutionProviderConfig {
  if (device === 'cpu' || device === 'webgpu') return device;
  return { name: 'cuda', deviceId: Number(device.split(':')[1] ?? 0) };
}

function ortTensor(dtype: Tensor['dtype'], data: Tensor['data'], dims: readonly number[]): OrtTensor {
  return new OrtTensor(dtype as 'float32', data as Float32Array, dims);
}

// cudaErrorIllegalAddress, LaunchTimeout, Assert, …: after them every call of CUDA in the process fails alike.
// Source: CUDA Runtime API, cudaError
const lost = /CUDA failure (?:46|214|220|7[0-2]\d|999): ([^;]+?) *;/;

/**
 * What cannot be gone on from in this process: `engine-died`, so that the process ends and another follows.
 *
 * @example lostError(new Error('CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; …'))?.code; // 'engine-died'
 */
export function lostError(error: unknown): UserError | undefined {
  const said = lost.exec(String(error))?.[1];
  if (said === undefined) return undefined;
  const message = `Cannot finish drawing: the GPU failed (${said}); the next draw starts a fresh engine`;
  return new UserError('engine-died', message, { cause: error });
}

/**
 * The words of the CPU's allocator, of ONNX Runtime's arena ("Failed to allocate memory for requested buffer of size …",
 * bfc_arena.cc), of CUDA ("CUDA failure 2: out of memory ; GPU=0 ; …", cuda_call.cc), cuBLAS and cuDNN, and of Dawn.
 */
const memoryWords =
  /bad_alloc|out of memory|allocate memory|out_of_memory|_ALLOC_FAILED|smaller than requested/i;

/**
 * What ONNX Runtime threw for want of memory, as one sentence.
 *
 * @returns undefined for anything else
 * @example memoryError(new Error('CUDA failure 2: out of memory ; GPU=0 ; …'), 'cuda:0')?.code; // 'out-of-memory'
 */
export function memoryError(error: unknown, device: string): UserError | undefined {
  if (!memoryWords.test(String(error))) return undefined;
  const message = `Cannot run the model on ${device}: it needs more memory than there is, want a smaller picture or model`;
  return new UserError('out-of-memory', message, { cause: error });
}

/** Providers that do not load, and drivers that have no such device; any other failure is a defect of the graph. */
function noDevice(error: unknown, device: string): UserError | undefined {
  if (!/shared library|AppendExecutionProvider|CUDA failure|WebGPU adapter/.test(String(error)))
    return undefined;
  // "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0 ; …"
  const failure = /CUDA failure \d+: ([^;]+?) *;/.exec(String(error))?.[1];
  const cuda = device !== 'webgpu';
  const found =
    failure ?? (cuda ? 'its provider or a library of CUDA is not installed' : 'there is no such GPU');
  const wanted = cuda
    ? 'an NVIDIA GPU with CUDA 13 (kiln gpu says what to do)'
    : 'a GPU with a Vulkan, Metal or Direct3D driver';
  return new UserError('no-device', `Cannot run on ${device}: ${found}, want ${wanted}`, { cause: error });
}
