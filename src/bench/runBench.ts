import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openCheckpoint } from '../engine/checkpoint/folder.js';
import { engineEnvironment } from '../engine/environment.js';
import { configuredFacts } from '../engine/readModelFacts.js';
import { UserError } from '../errors.js';
import type { Device, Quality } from '../job.js';
import { formsOn } from './forms.js';
import { kilnContestant, kilnName } from './kilnContestant.js';
import { measureBatches, measureForms } from './kilnTables.js';
import { kilnUNet } from './kilnUNet.js';
import { availableMemory, machine, ownVersions } from './machine.js';
import { peerContestant } from './peerContestant.js';
import type { PeerName } from './peers.js';
import type { PictureAsk } from './protocol.js';
import { type Report, ratiosOf, rowOf, type Settings } from './report.js';
import { type Measure, runRounds } from './rounds.js';
import { contextTokens } from './unetFeeds.js';

/** What can be left out of a run: what is measured of all, and two tables of Kiln's U-Net alone. */
export const subjects = ['cold', 'warm', 'call', 'batch', 'forms'] as const;
export type Subject = (typeof subjects)[number];

export interface BenchOptions {
  /** The model as it was asked for, for `kiln draw`; its own choice when left out. */
  readonly modelFlag: string | undefined;
  /** Its folder or file. */
  readonly model: string;
  readonly vae: string | undefined;
  readonly modelFolders: readonly string[];
  readonly device: Exclude<Device, 'auto'>;
  /** Which GPU that is, where it is one. */
  readonly gpu?: string;
  readonly threads: number | undefined;
  readonly cacheFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What is left out comes from the model. */
  readonly picture: Partial<Pick<PictureAsk, 'width' | 'height' | 'steps' | 'guidance'>>;
  readonly seed: number;
  readonly images: number;
  readonly rounds: number;
  readonly calls: number;
  readonly only: ReadonlySet<Subject>;
  readonly qualities: readonly Quality[];
  readonly compare: readonly PeerName[];
  /** The program that measures peers, with what goes before its own arguments. */
  readonly peerProgram: readonly string[];
  /** Kiln's own version, and what was typed. */
  readonly version: string;
  readonly command: string;
  readonly signal: AbortSignal;
  /** Told what is measured now. */
  tell(what: string): void;
}

/** For the peers' libraries; nothing of it is secret. */
const pythonVariables = ['PYTHONPATH', 'PYTHONHOME', 'VIRTUAL_ENV'];
const prompt = 'a happy dog';
/** Beside the model: the system, this process, and what a first picture needs. */
const spareBytes = 2e9;

/**
 * Measures Kiln, and the peers that are installed, in turns on this machine.
 *
 * @throws UserError `bad-model` for one that draws no prompts, `bad-option` where its settings do not fit it or the
 *   peers cannot read it, `cancelled`, and whatever Kiln cannot draw for
 * @example const { rows } = await runBench(options); // rows[0].name === 'kiln'
 */
export async function runBench(options: BenchOptions): Promise<Report> {
  const { model, vae, device, threads, cacheFolder, environment, only, rounds, calls, signal, tell } =
    options;
  if (options.compare.length > 0 && (await stat(model)).isFile())
    throw new UserError(
      'bad-option',
      `Cannot compare with ${options.compare[0]}: ${basename(model)} is one file, want a folder in diffusers' layout, which peers read`,
    );
  const checkpoint = await openCheckpoint(model, { cacheFolder, vae });
  const ask = askFor(options, configuredFacts(checkpoint), checkpoint.name);
  const tokens = contextTokens(checkpoint);
  const started = machine(options.gpu);
  const folder = await mkdtemp(join(tmpdir(), 'kiln-bench-'));
  const unet = kilnUNet({ model, device, threads, cacheFolder, environment, signal });
  try {
    const shared = { model, device, cacheFolder, signal };
    const own = options.qualities.map((quality) =>
      kilnContestant({
        ...shared,
        ...{
          quality,
          vae,
          threads,
          environment,
          modelFlag: options.modelFlag,
          modelFolders: options.modelFolders,
        },
        unet: quality === 'exact' ? unet : undefined,
        // What saves work between steps opens graphs in later ones.
        warmUp: quality === 'exact' ? { ...ask, steps: 1 } : ask,
      }),
    );
    const others = options.compare.map((name) =>
      peerContestant({
        ...shared,
        ...{ name, program: options.peerProgram, threads: threads ?? availableParallelism() },
        cacheFolder: join(cacheFolder, 'bench'),
        env: { ...engineEnvironment(environment), ...some(environment, pythonVariables) },
      }),
    );
    const weights = await bytesOf(model);
    const measured = await runRounds({
      ...{ rounds, calls, tokens, folder, tell, ask },
      contestants: [...own, ...others],
      own: own[0]!,
      measures: only as ReadonlySet<Measure>,
      roomForMore: () => availableMemory() > 2 * weights + spareBytes,
    });
    const { width, height } = ask;
    const alone = { unet, width, height, tokens, rounds, tell };
    const batch = only.has('batch') ? await measureBatches(alone) : [];
    const forms = only.has('forms') ? await measureForms(formsOn(device), alone) : [];
    const rows = measured.map(rowOf).filter((row) => row !== undefined);
    return {
      model: checkpoint.name,
      device,
      rows,
      ratios: ratiosOf(rows, options.qualities.map(kilnName)),
      ...{ batch, forms },
      left_out: measured.flatMap(({ contestant: { name }, failure }) =>
        failure === undefined ? [] : [{ name, reason: failure }],
      ),
      settings: settingsOf(options, ask),
      machine: started,
      versions: Object.assign(
        { kiln: options.version, ...ownVersions() },
        ...measured.map(({ versions }) => versions),
      ),
      command: options.command,
      date: new Date().toISOString(),
    };
  } finally {
    await unet.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function askFor(
  { picture, seed, images }: BenchOptions,
  facts: ReturnType<typeof configuredFacts>,
  name: string,
): PictureAsk {
  if (!facts.tasks.includes('text'))
    throw new UserError(
      'bad-model',
      `Cannot measure ${name}: it draws from no prompt alone, want one that does`,
    );
  const {
    width = facts.width,
    height = facts.height,
    steps = facts.steps,
    guidance = facts.guidance,
  } = picture;
  if (width % facts.multiple !== 0)
    throw new UserError(
      'bad-option',
      `Cannot measure at size ${width}: want a multiple of ${facts.multiple} for ${name}`,
    );
  return { do: 'picture', prompt, negative: '', width, height, steps, guidance, seed, count: images };
}

function settingsOf({ rounds, calls, threads, images }: BenchOptions, ask: PictureAsk): Settings {
  const { width, height, steps, guidance, seed } = ask;
  return {
    width,
    height,
    steps,
    guidance,
    seed,
    images,
    rounds,
    calls,
    threads: threads ?? availableParallelism(),
  };
}

function some(
  environment: BenchOptions['environment'],
  names: readonly string[],
): Readonly<Record<string, string>> {
  const set = names.map((name) => [name, environment[name]] as const);
  return Object.fromEntries(set.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Of a model's weights, on disk. */
async function bytesOf(model: string): Promise<number> {
  const about = await stat(model);
  if (!about.isDirectory()) return about.size;
  const names = await readdir(model, { recursive: true });
  const sizes = names
    .filter((name) => name.endsWith('.safetensors'))
    .map(async (name) => (await stat(join(model, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
