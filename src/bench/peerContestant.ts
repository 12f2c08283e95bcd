import { type ColdStart, coldStart } from './coldStart.js';
import type { Contestant, PictureTimes } from './contestant.js';
import { openPeer, type PeerProcess } from './peerProcess.js';
import type { PeerName } from './peers.js';
import { callLine, pictureLine } from './protocol.js';
import { type MemoryWatch, type PeakMemory, watchMemory } from './treeMemory.js';

export interface PeerContestantOptions {
  readonly name: PeerName;
  /** The program that measures peers, and what goes before its own arguments: a Python and peer.py. */
  readonly program: readonly string[];
  /** The model's folder in diffusers' layout. */
  readonly model: string;
  readonly device: string;
  readonly threads: number;
  /** Where it may keep what it converts. */
  readonly cacheFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Another engine, which warms itself: the first of a shape is done twice and counts once.
 *
 * @example const diffusers = peerContestant({ name: 'diffusers', program: ['python3', 'scripts/bench/peer.py'], …rest });
 */
export function peerContestant(options: PeerContestantOptions): Contestant {
  const { name, program, model, device, threads, cacheFolder, env, signal } = options;
  const command = [
    ...[...program, '--peer', name, '--model', model],
    ...['--threads', String(threads), '--cache', cacheFolder],
    ...(device === 'cpu' ? [] : ['--device', device]),
  ];
  let peer: PeerProcess | undefined;
  let watch: MemoryWatch | undefined;
  let memory: PeakMemory | undefined;
  let openSeconds: number | undefined;
  let versions: Readonly<Record<string, string>> = {};

  async function open(): Promise<PeerProcess> {
    if (peer) return peer;
    const onStart = (pid: number | undefined) => {
      watch = watchMemory(pid);
    };
    const began = performance.now();
    peer = await openPeer({ name, command, env, signal, onStart });
    openSeconds = (performance.now() - began) / 1000;
    versions = peer.ready.versions;
    return peer;
  }

  return {
    name,
    get openSeconds() {
      return openSeconds;
    },
    get versions() {
      return versions;
    },
    async call(ask) {
      return (await (await open()).ask(ask, callLine)).seconds;
    },
    async picture(ask): Promise<PictureTimes> {
      const { seconds, ...parts } = await (await open()).ask(ask, pictureLine);
      const { text_seconds, unet_seconds, step_seconds, decode_seconds, encode_seconds } = parts;
      return {
        seconds,
        text: text_seconds ?? undefined,
        unet: unet_seconds ?? undefined,
        step: step_seconds ?? (unet_seconds == null ? undefined : unet_seconds / ask.steps),
        vae: decode_seconds ?? undefined,
        png: encode_seconds ?? undefined,
      };
    },
    cold: (ask): Promise<ColdStart> =>
      coldStart({
        name,
        command: [...command, '--once', JSON.stringify(ask)],
        ...{ env, file: ask.file, signal },
      }),
    get memory() {
      return watch?.peak() ?? memory;
    },
    async close() {
      memory = watch?.stop() ?? memory;
      watch = undefined;
      const closing = peer;
      peer = undefined;
      await closing?.close();
    },
  };
}
