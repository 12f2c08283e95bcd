import { join } from 'node:path';
import { benchMarkdown } from '../bench/markdown.js';
import { peers } from '../bench/peers.js';
import { runBench, subjects } from '../bench/runBench.js';
import { makeReportFolder, writeReport } from '../bench/writeReport.js';
import { UserError } from '../errors.js';
import { cudaSystem } from '../gpu/cudaSystem.js';
import { type Device, qualities } from '../job.js';
import { readBenchArguments } from './benchArguments.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import { modelFolder } from './models.js';
import { packageFolder, version } from './packageFolder.js';
import { vaePath } from './vaePath.js';
import { whyNotUsable } from './whyNotUsable.js';

export const benchCommand: CliCommand = {
  name: 'bench',
  usage: 'bench [--model NAME|DIR|FILE] [--size N] [--steps N] [--compare LIST] [--json] …',
  about: 'Measure how fast this machine draws, also against other engines.',
  flags: {
    model: {
      value: 'NAME|DIR|FILE',
      about: 'a model by name, as "kiln models" lists them, or its folder or .safetensors file',
    },
    size: { value: 'N', about: "pixels of each side; the model's own when left out" },
    steps: { value: 'N', about: "1 to 1000; the model's own when left out" },
    guidance: { value: 'X', about: "0 to 100; the model's own when left out" },
    seed: { value: 'N', about: 'of the first picture; 0 when left out' },
    images: { value: 'N', about: 'pictures that are asked for together, 1 to 16; 1 when left out' },
    rounds: { value: 'N', about: 'how often all is measured, in turns; 3 when left out' },
    calls: { value: 'N', about: 'of the U-Net in each round, whose median counts; 3 when left out' },
    only: { value: 'LIST', about: `measure only some of ${subjects.join(',')}` },
    quality: {
      value: 'LIST',
      about: `Kiln's rows, exact and some of ${qualities.join(',')}; all when left out`,
    },
    device: { value: 'NAME', about: 'auto, cpu, cuda, cuda:N or webgpu' },
    compare: {
      value: 'LIST',
      about: 'other engines, of those below, or all: each that is installed is measured',
    },
    python: { value: 'PYTHON', about: 'the Python that they are installed for; python3 when left out' },
    'peer-program': { value: 'FILE', about: "a program of one's own in place of scripts/bench/peer.py" },
    out: { value: 'FOLDER', about: 'writes bench.json, bench.md and bench.png there' },
    json: { about: 'one JSON object on stdout, and nothing else there' },
  },
  notes: [
    ...Object.entries(peers).map(([name, about]) => `${name}: ${about}`),
    '',
    'Rounds take turns, so that a change of the machine meets all of them; ratios are of the same round.',
    'A peer that is not installed, or fails, is left out with its reason. Leave the machine alone meanwhile.',
  ].join('\n'),
  graceMilliseconds: 5000,
  run: bench,
};

async function bench(args: Arguments, { stdout, stderr, signal, loadConfig }: Surroundings): Promise<void> {
  // Whatever can be wrong without a model is told before one is opened.
  const { size, steps, guidance, python, peerProgram, ...wanted } = readBenchArguments(args);
  const config = loadConfig();
  const model = modelFolder(wanted.model ?? config.model, config.modelFolders);
  // KILN_VAE is that of KILN_MODEL.
  const vae = wanted.model === undefined ? await vaePath(config.vae, config.modelFolders) : undefined;
  if (wanted.out !== undefined) await makeReportFolder(wanted.out);
  const where = await usableDevice(wanted.device ?? config.device, config.environment);

  const report = await runBench({
    ...{ ...wanted, ...where, model, vae, signal, modelFlag: wanted.model },
    picture: { width: size, height: size, steps, guidance },
    peerProgram: [python, peerProgram ?? join(packageFolder, 'scripts', 'bench', 'peer.py')],
    modelFolders: config.modelFolders,
    threads: config.threads,
    cacheFolder: config.cacheFolder,
    environment: config.environment,
    version: version(),
    command: typed(args),
    tell: (what) => stderr.write(`${what}\n`),
  });
  if (wanted.out !== undefined) await writeReport(report, wanted.out);
  stdout.write(wanted.json ? `${JSON.stringify(report)}\n` : benchMarkdown(report));
}

/** Where to run, and which GPU that is. @throws UserError `no-device` */
async function usableDevice(
  device: Device,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly device: Exclude<Device, 'auto'>; readonly gpu?: string }> {
  if (device === 'cpu') return { device };
  const wanted = device === 'auto' || device === 'cuda' ? 'cuda:0' : device;
  const reason = await whyNotUsable(wanted, environment);
  if (reason !== undefined && device === 'auto') return { device: 'cpu' };
  if (reason !== undefined) throw new UserError('no-device', reason);
  if (wanted === 'webgpu') return { device: wanted };
  const { gpus, driver } = await cudaSystem(environment);
  const gpu = gpus[Number(wanted.split(':')[1])];
  return { device: wanted, gpu: gpu && `${gpu.name}, driver ${driver}` };
}

/** The command again, as whoever wants the same figures types it. */
function typed({ flags }: Arguments): string {
  const words = [...flags].map(([name, value]) =>
    value === '' ? `--${name}` : `--${name} ${quoted(value)}`,
  );
  return ['kiln bench', ...words].join(' ');
}

function quoted(value: string): string {
  return /^[\w./:,@+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
