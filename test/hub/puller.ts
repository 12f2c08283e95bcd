import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.js';
import { pull } from '../../src/hub/pull.js';
import type { Pulled, PullRequest } from '../../src/hub/pulling.js';
import { parseSource } from '../../src/hub/source.js';
import { createWire } from '../../src/hub/wire.js';
import { f32, safetensors } from '../engine/checkpoint/safetensorsFile.js';
import type { FakeHub } from '../fakes/hub/fakeHub.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { fastClock } from '../fixtures/fast-clock.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

/** Files by path of a whole tiny checkpoint. */
export async function checkpointFiles(family = 'sd1'): Promise<Record<string, Buffer>> {
  return filesIn(await checkpointFolder(family));
}

/** All files in a folder, by path. */
export function filesIn(folder: string): Record<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path))]));
}

/** A `.safetensors` file of about that many bytes, of one tensor whose name says what the file is. */
export function weights(name = 'lora_unet_x.lora_up.weight', bytes = 4000, seed = 1): Buffer {
  const numbers = new Float32Array(bytes / 4);
  for (let index = 0; index < numbers.length; index++) numbers[index] = ((index + seed) % 251) / 251;
  return safetensors({
    [name]: { ...f32([]), shape: [numbers.length], bytes: new Uint8Array(numbers.buffer) },
  });
}

export interface Puller {
  /** The models' folder. */
  readonly folder: string;
  /** Bytes that are here of those there are, as the hooks told. */
  readonly counted: { here: number; total: number };
  pull(typed: string, options?: Partial<PullRequest>): Promise<Pulled>;
}

/** Pulls from a fake hub into a folder of its own, waiting a hundred times as fast as people do. */
export function puller(
  hub: FakeHub,
  {
    token,
    signal,
    clock = fastClock(100),
    // Ten seconds of the machine's: it may be busy.
    stall = 1_000_000,
    folder = temporaryFolder(),
  }: {
    readonly token?: string;
    readonly signal?: AbortSignal;
    readonly clock?: Clock;
    readonly stall?: number;
    readonly folder?: string;
  } = {},
): Puller {
  const counted = { here: 0, total: 0 };
  return {
    folder,
    counted,
    async pull(typed, options = {}) {
      const { endpoint } = hub;
      const source = parseSource(typed, endpoint);
      const action = `Cannot pull ${source.kind === 'repo' ? source.id : source.host}`;
      const wire = createWire({
        action,
        endpoint,
        token,
        clock,
        stall,
        signal: signal ?? new AbortController().signal,
      });
      Object.assign(counted, { here: 0, total: 0 });
      return pull({ source, modelsFolder: folder, ...options }, wire, {
        onSize(bytes) {
          counted.total = bytes;
        },
        onBytes(bytes) {
          counted.here += bytes;
        },
      });
    },
  };
}
