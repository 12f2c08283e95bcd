import { engineEnvironment } from '../engine/environment.js';
import type { Device } from '../job.js';
import { compiledEntry } from './compiledEntry.js';
import type { KilnProcessOptions } from './kilnProcess.js';
import { openPeer, type PeerProcess } from './peerProcess.js';
import { type CallAsk, callLine } from './protocol.js';

/** Calls of Kiln's U-Net, in a process that is opened when it is first needed, and again after a close. */
export interface KilnUNet {
  /** Seconds of one warm call. */
  call(ask: CallAsk): Promise<number>;
  close(): Promise<void>;
}

export interface KilnUNetOptions {
  readonly model: string;
  readonly device: Exclude<Device, 'auto'>;
  readonly cacheFolder: string;
  readonly threads: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** @example await kilnUNet(options).call({ do: 'call', width: 512, height: 512, batch: 2, tokens: 77 }); // 9.1 */
export function kilnUNet({ environment, signal, ...options }: KilnUNetOptions): KilnUNet {
  const command = [
    process.execPath,
    compiledEntry('bench/kilnProcess.js'),
    JSON.stringify(options satisfies KilnProcessOptions),
  ];
  let opening: Promise<PeerProcess> | undefined;
  const open = () => {
    opening ??= openPeer({ name: 'kiln', command, env: engineEnvironment(environment), signal });
    return opening;
  };
  return {
    call: async (ask) => (await (await open()).ask(ask, callLine)).seconds,
    async close() {
      const closing = opening;
      opening = undefined;
      await closing?.then(
        (peer) => peer.close(),
        () => {},
      );
    },
  };
}
