import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { openCheckpoint } from '../engine/checkpoint/folder.js';
import type { FoundModel } from '../engine/listModels.js';
import { UserError } from '../errors.js';
import { type CudaSystem, cudaSystem } from '../gpu/cudaSystem.js';
import { whatIsMissing } from '../gpu/whatIsMissing.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import { gpuLines, providerWords } from './gpuWords.js';
import { findModels } from './models.js';
import { version } from './packageFolder.js';
import { vaePath } from './vaePath.js';
import { vulkanAdapters } from './vulkanAdapters.js';
import { whyNotUsable } from './whyNotUsable.js';

export const doctorCommand: CliCommand = {
  name: 'doctor',
  usage: 'doctor [--json]',
  about: 'Tell what this machine can run, and why not.',
  flags: { json: { about: 'the same as one JSON object' } },
  notes:
    'Opens every model it finds and checks its files: seconds for each gigabyte that was not checked before.',
  run: doctor,
};

async function doctor({ flags }: Arguments, { stdout, loadConfig }: Surroundings): Promise<void> {
  const { environment, modelFolders, cacheFolder, model, vae } = loadConfig();
  const ownVae = await vaePath(vae, modelFolders);
  const names = ['cpu', 'cuda:0', 'webgpu'];
  const [reasons, cuda, vulkan] = await Promise.all([
    Promise.all(names.map((name) => whyNotUsable(name, environment))),
    cudaSystem(environment),
    vulkanAdapters(environment),
  ]);
  const devices = names.map((device, index) => ({
    device,
    usable: !reasons[index],
    reason: reasons[index],
    // Linux's WebGPU is Vulkan's: with nothing but adapters on the CPU, it is the CPU too.
    software: device === 'webgpu' && vulkan.length > 0 && vulkan.every(({ software }) => software),
  }));
  const report = {
    ...machine(),
    devices,
    // As the engine picks: WebGPU has to be asked for.
    auto: devices[1]!.usable ? 'cuda:0' : 'cpu',
    cuda: { ...cuda, missing: whatIsMissing(cuda) },
    vulkan,
    models: await Promise.all(
      findModels(modelFolders).map((found) =>
        examine(found, { cacheFolder, vae: found.name === model ? ownVae : undefined }),
      ),
    ),
    defaultModel: model,
  };
  stdout.write(flags.has('json') ? `${JSON.stringify(report)}\n` : asText(report));
}

interface ReportedDevice {
  readonly device: string;
  readonly usable: boolean;
  readonly reason?: string;
  /** Usable, but computing on the CPU. */
  readonly software: boolean;
}

type Report = ReturnType<typeof machine> & {
  readonly devices: readonly ReportedDevice[];
  readonly auto: string;
  readonly cuda: CudaSystem & { readonly missing?: string };
  readonly vulkan: Awaited<ReturnType<typeof vulkanAdapters>>;
  readonly models: readonly ExaminedModel[];
  readonly defaultModel: string;
};

function machine() {
  // A container's own limit, where it is below the machine's memory.
  const limit = process.constrainedMemory();
  return {
    kiln: version(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    /** Bytes. */
    memory: limit > 0 && limit < totalmem() ? limit : totalmem(),
    freeMemory: freemem(),
  };
}

/** A model, and what it is or why it does not open. */
interface ExaminedModel extends FoundModel {
  readonly opens: boolean;
  readonly reason?: string;
  readonly pipelineClass?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Opens a model and checks all its weights. */
async function examine(
  { name, folder }: FoundModel,
  options: { readonly cacheFolder: string; readonly vae?: string },
): Promise<ExaminedModel> {
  try {
    const checkpoint = await openCheckpoint(folder, options);
    const {
      unet,
      vae,
      textEncoders,
      safetyChecker,
      vaeScaleFactor,
      sampleWidth,
      sampleHeight,
      pipelineClass,
    } = checkpoint;
    for (const component of [...textEncoders, unet, vae, safetyChecker]) await component?.weights();
    const size = { width: sampleWidth * vaeScaleFactor, height: sampleHeight * vaeScaleFactor };
    return { name, folder, opens: true, pipelineClass, ...size };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, folder, opens: false, reason: error.message };
  }
}

function asText(report: Report): string {
  const { devices, cuda, vulkan, models } = report;
  const missing = Object.keys(cuda.libraries).filter((name) => !cuda.libraries[name]);
  const lines = [
    `kiln ${report.kiln}, Node ${report.node}, ${report.platform}`,
    `${report.cores} cores of ${report.cpu}, ${gigabytes(report.memory)} of memory, ${gigabytes(report.freeMemory)} free`,
    '',
    'Devices',
    ...devices.map(
      ({ device, reason, software }) =>
        `  ${device}: ${reason ?? (software ? 'works, but on a software adapter, slower than cpu' : 'works')}`,
    ),
    `  auto is ${report.auto}`,
    '',
    'CUDA',
    `  GPUs: ${gpuLines(cuda)}`,
    `  driver: ${cuda.driver ?? 'none'}`,
    `  ONNX Runtime's provider: ${providerWords[cuda.provider]}`,
    `  libraries: ${missing.length === 0 ? 'all there' : `missing ${missing.join(', ')}`}`,
    ...(cuda.missing === undefined ? [] : [`  ${cuda.missing}`]),
    '',
    'Vulkan',
    ...(vulkan.length === 0 ? ['  no driver'] : []),
    ...vulkan.map(({ name, software }) => `  ${name}${software ? ' (software, on the CPU)' : ''}`),
    '',
    'Models',
    ...models.map(
      (model) => `  ${modelLine(model)}${model.name === report.defaultModel ? ' (default)' : ''}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function modelLine(model: ExaminedModel): string {
  return `${model.name}: ${model.reason ?? `${model.pipelineClass}, ${model.width}×${model.height}, ${model.folder}`}`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
