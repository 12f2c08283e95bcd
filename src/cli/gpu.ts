import { resolve } from 'node:path';
import { systemClock } from '../clock.js';
import type { Config } from '../config/config.js';
import { UserError } from '../errors.js';
import { type CudaSystem, cudaSystem } from '../gpu/cudaSystem.js';
import { install, uninstall } from '../gpu/install.js';
import { providerFolder } from '../gpu/providerFolder.js';
import { whatIsMissing } from '../gpu/whatIsMissing.js';
import { type Bundle, cudaBundle, providerBundle } from '../gpu/wheels.js';
import { createWire } from '../hub/wire.js';
import { shownBytes } from './bytes.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import { gpuLines, providerWords } from './gpuWords.js';
import { startPullProgress } from './pullProgress.js';
import { whyNotUsable } from './whyNotUsable.js';

const total = ({ wheels }: Bundle) => shownBytes(wheels.reduce((sum, { bytes }) => sum + bytes, 0));

export const gpuCommand: CliCommand = {
  name: 'gpu',
  usage: 'gpu [install [--cuda] [--from FOLDER] | remove]',
  about: 'Tell what is missing to draw on an NVIDIA GPU, and install it.',
  flags: {
    cuda: { about: `install CUDA 13 and cuDNN 9 too, for Kiln alone (${total(cudaBundle)})` },
    from: { value: 'FOLDER', about: 'take the wheels from there, for a machine without a network' },
    json: { about: 'what there is as one JSON object' },
  },
  notes:
    `"kiln gpu install" brings ONNX Runtime's CUDA provider (${total(providerBundle)}) from the package index in PIP_INDEX_URL\n` +
    'and checks it by its pinned SHA-256; npm ci takes it away again. What was interrupted goes on with the same\n' +
    "command. The driver is not Kiln's to install. docs/gpu.md tells more.",
  run,
};

async function run({ positionals, flags }: Arguments, surroundings: Surroundings): Promise<void> {
  const { stdout, loadConfig } = surroundings;
  const [action = 'status', ...more] = positionals;
  if (!['status', 'install', 'remove'].includes(action) || more.length > 0) {
    throw new UserError(
      'bad-option',
      `Cannot run kiln gpu: found ${positionals.join(' ')}, want install, remove or nothing`,
    );
  }
  if (action !== 'install' && (flags.has('cuda') || flags.has('from'))) {
    throw new UserError(
      'bad-option',
      `Cannot run kiln gpu: found --${flags.has('cuda') ? 'cuda' : 'from'}, want it after install`,
    );
  }
  const config = loadConfig();
  if (action === 'install') {
    await bring(providerBundle, providerFolder(), flags, surroundings);
    if (flags.has('cuda')) await bring(cudaBundle, config.cudaFolder, flags, surroundings);
  }
  if (action === 'remove') {
    const removed = [await uninstall(providerFolder()), await uninstall(config.cudaFolder)].some(Boolean);
    stdout.write(
      removed ? 'What kiln gpu install had brought is gone.\n' : 'kiln gpu install had brought nothing.\n',
    );
    return;
  }
  // Read anew: the folder of CUDA's libraries may be there only now.
  const { environment } = loadConfig();
  const system = await cudaSystem(environment);
  const missing = whatIsMissing(system) ?? (await whyNotUsable('cuda:0', environment));
  stdout.write(
    flags.has('json')
      ? `${JSON.stringify({ ...system, usable: missing === undefined, missing })}\n`
      : asText(system, missing),
  );
}

async function bring(
  bundle: Bundle,
  folder: string,
  flags: Arguments['flags'],
  { stdout, stderr, signal, loadConfig }: Surroundings,
): Promise<void> {
  const config = loadConfig();
  const { called } = bundle;
  const platform = `${process.platform} ${process.arch}`;
  if (platform !== 'linux x64') {
    throw new UserError('no-device', `Cannot install ${called}: found ${platform}, want Linux on x64`);
  }
  const progress = await startPullProgress(stderr, called);
  // While it waits for a busy index, nothing else would keep this process.
  const alive = setInterval(() => {}, 1 << 30);
  try {
    const from = flags.get('from');
    const came = await install(bundle, {
      ...{ folder, workFolder: workFolder(config), hooks: progress, from: from && resolve(from) },
      wire: createWire({
        ...{
          ...config.packages,
          kind: 'index',
          action: `Cannot install ${called}`,
          clock: systemClock,
          signal,
        },
      }),
    });
    progress.stop();
    if (!flags.has('json'))
      stdout.write(came ? `${called}: installed in ${folder}\n` : `${called}: is in ${folder} already\n`);
  } catch (error) {
    progress.stop();
    if (!signal.aborted) throw error;
    throw new UserError(
      'cancelled',
      `Stopped installing ${called}: what came is kept, and the same command goes on`,
    );
  } finally {
    clearInterval(alive);
  }
}

function workFolder({ cudaFolder }: Config): string {
  return resolve(cudaFolder, '..');
}

function asText(system: CudaSystem, missing: string | undefined): string {
  const { driver, libraries } = system;
  const names = Object.keys(libraries);
  const absent = names.filter((name) => !libraries[name]);
  const lines = [
    `GPUs: ${gpuLines(system)}`,
    `Driver: ${driver ?? 'none'}`,
    `ONNX Runtime's provider: ${providerWords[system.provider]}`,
    `Libraries: ${absent.length === 0 ? 'all there' : `missing ${absent.join(', ')}`}`,
    '',
    missing ?? 'Ready: --device cuda draws on the GPU.',
  ];
  return `${lines.join('\n')}\n`;
}
