import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Engine, openEngine } from '../engine/engine.js';
import { encodePng } from '../image/encode.js';
import { loadSharp } from '../image/sharp.js';
import type { Device, DrawRequest, Picture, Quality } from '../job.js';
import { type ColdStart, coldStart } from './coldStart.js';
import { compiledEntry } from './compiledEntry.js';
import type { Contestant, PictureTimes } from './contestant.js';
import type { KilnUNet } from './kilnUNet.js';
import { cancelled } from './peerProcess.js';
import type { PictureAsk } from './protocol.js';
import { type MemoryWatch, type PeakMemory, watchMemory } from './treeMemory.js';

export interface KilnContestantOptions {
  readonly quality: Quality;
  /** The model as it was asked for, for `kiln draw`; its own choice when left out. */
  readonly modelFlag: string | undefined;
  /** The model's folder or file. */
  readonly model: string;
  readonly vae: string | undefined;
  readonly modelFolders: readonly string[];
  readonly device: Exclude<Device, 'auto'>;
  readonly threads: number | undefined;
  readonly cacheFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What is drawn first and does not count. */
  readonly warmUp: PictureAsk;
  /** Whose calls are this row's too. */
  readonly unet?: KilnUNet;
  readonly signal: AbortSignal;
}

/** Milliseconds. */
const delayResolution = 5;

/** The name of Kiln's row for a quality. */
export function kilnName(quality: Quality): string {
  return quality === 'exact' ? 'kiln' : `kiln-${quality}`;
}

/**
 * Kiln at one quality: pictures by its engine in a process of its own, as the bot has it, cold starts by `kiln draw`.
 *
 * @example const kiln = kilnContestant({ quality: 'exact', model: 'assets/models/sprite', device: 'cpu', …rest });
 */
export function kilnContestant(options: KilnContestantOptions): Contestant {
  const { quality, model, vae, modelFolders, device, threads, cacheFolder, environment, signal } = options;
  const { unet } = options;
  const name = kilnName(quality);
  let engine: Engine | undefined;
  let watch: MemoryWatch | undefined;
  let memory: PeakMemory | undefined;
  let openSeconds: number | undefined;

  async function open(): Promise<Engine> {
    if (engine) return engine;
    if (signal.aborted) throw cancelled();
    const began = performance.now();
    const settings = { model, vae, modelFolders, device, threads, cacheFolder };
    engine = await unlessCancelled(openEngine({ ...settings, env: environment }), signal);
    openSeconds = (performance.now() - began) / 1000;
    watch = watchMemory(engine.pid);
    const { warmUp } = options;
    // As the bot does: how many pictures are best drawn together is measured. One alone does not ask.
    if (warmUp.count > 1) {
      const { width, height } = warmUp;
      await unlessCancelled(engine.warm([{ width, height, quality }]), signal);
    }
    await draw(engine, warmUp);
    return engine;
  }

  async function draw(engine: Engine, ask: PictureAsk): Promise<PictureTimes> {
    const { prompt, negative, width, height, steps, guidance, seed, count } = ask;
    // Loaded once, as in the bot.
    await loadSharp();
    let calls = steps;
    // A scheduler may take more steps than it was asked for, as PNDM does.
    const onProgress = ({ steps }: { readonly steps: number }) => {
      calls = steps;
    };
    const delay = monitorEventLoopDelay({ resolution: delayResolution });
    delay.enable();
    const began = performance.now();
    const requests = Array.from({ length: count }, (_, i): DrawRequest => {
      return { prompt, negative, width, height, steps, guidance, seed: seed + i, quality };
    });
    const pictures = await Promise.all(
      requests.map((request) => engine.draw(request, { signal, onProgress })),
    );
    const drawn = performance.now();
    await Promise.all(pictures.map(({ pixels }) => encodePng(pixels)));
    const ended = performance.now();
    delay.disable();
    // The histogram holds whole intervals; what is above the resolution is delay.
    const held = Math.max(0, delay.max / 1e6 - delayResolution);
    return { ...times(pictures, calls, (drawn - began) / 1000, (ended - drawn) / 1000), held };
  }

  return {
    name,
    versions: {},
    get openSeconds() {
      return openSeconds;
    },
    call: unet && ((ask) => unet.call(ask)),
    picture: async (ask) => draw(await open(), ask),

    cold(ask): Promise<ColdStart> {
      const { prompt, negative, width, height, steps, guidance, seed, count, file } = ask;
      const { modelFlag } = options;
      const flags: Record<string, string | number | undefined> = {
        ...{ negative, width, height, steps, guidance, seed, count, device, out: file },
        model: modelFlag,
        quality,
      };
      const typed = Object.entries(flags).filter(([, value]) => value !== undefined);
      const command = [
        ...[process.execPath, compiledEntry('cli.js'), 'draw', prompt],
        ...typed.map(([flag, value]) => `--${flag}=${value}`),
      ];
      return coldStart({ name, command, env: environment, file, signal });
    },

    get memory() {
      return watch?.peak() ?? memory;
    },

    async close() {
      memory = watch?.stop() ?? memory;
      watch = undefined;
      const closing = engine;
      engine = undefined;
      await closing?.close();
      await unet?.close();
    },
  };
}

/** Of several pictures drawn together the parts overlap: what is told then is a step of all. */
function times(pictures: readonly Picture[], calls: number, drawn: number, png: number): PictureTimes {
  const seconds = drawn + png;
  const denoise = Math.max(...pictures.map(({ timings }) => timings.denoise)) / 1000;
  const step = denoise / calls;
  if (pictures.length > 1) return { seconds, step, png };
  const { encode, decode } = pictures[0]!.timings;
  const [text, vae] = [encode / 1000, decode / 1000];
  return { seconds, text, unet: denoise, step, vae, png, transfer: drawn - text - denoise - vae };
}

/** An engine that is still loading is left behind: its process ends when this one does. */
function unlessCancelled<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(cancelled());
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}
