import { type PeerName, readPeers } from '../bench/peers.js';
import { type Subject, subjects } from '../bench/runBench.js';
import { isDevice } from '../config/device.js';
import { UserError } from '../errors.js';
import { type Device, type Quality, qualities } from '../job.js';
import type { Arguments } from './command.js';

/** What `kiln bench` was asked for, as far as it can be understood without a model. */
export interface BenchArguments {
  readonly model: string | undefined;
  readonly device: Device | undefined;
  readonly size: number | undefined;
  readonly steps: number | undefined;
  readonly guidance: number | undefined;
  readonly seed: number;
  readonly images: number;
  readonly rounds: number;
  readonly calls: number;
  readonly only: ReadonlySet<Subject>;
  readonly qualities: readonly Quality[];
  readonly compare: readonly PeerName[];
  readonly python: string;
  readonly peerProgram: string | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/**
 * @throws UserError `bad-option`
 * @example readBenchArguments({ positionals: [], flags: new Map([['rounds', '5']]) }).rounds; // 5
 */
export function readBenchArguments({ positionals, flags }: Arguments): BenchArguments {
  if (positionals.length > 0) throw cannot(`found ${JSON.stringify(positionals[0])}, want flags alone`);
  const number = (flag: string, least: number, most: number, whole = true) => {
    const text = flags.get(flag);
    if (text === undefined) return undefined;
    const value = (whole ? /^\d{1,10}$/ : /^(\d+\.?\d*|\.\d+)$/).test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const kind = whole ? 'a whole number' : 'a number';
    throw cannot(`found --${flag} ${JSON.stringify(text)}, want ${kind} from ${least} to ${most}`);
  };
  const some = <Name extends string>(flag: string, all: readonly Name[]): readonly Name[] => {
    const names =
      flags
        .get(flag)
        ?.split(',')
        .map((name) => name.trim()) ?? all;
    const unknown = names.find((name) => !(all as readonly string[]).includes(name));
    if (unknown === undefined) return all.filter((name) => (names as readonly string[]).includes(name));
    throw cannot(`found --${flag} ${JSON.stringify(unknown)}, want some of ${all.join(', ')}`);
  };
  const device = flags.get('device');
  if (device !== undefined && !isDevice(device))
    throw cannot(`found --device ${JSON.stringify(device)}, want auto, cpu, cuda or webgpu`);
  return {
    model: flags.get('model'),
    device,
    size: number('size', 8, 4096),
    steps: number('steps', 1, 1000),
    guidance: number('guidance', 0, 100, false),
    seed: number('seed', 0, 2 ** 32 - 64) ?? 0,
    images: number('images', 1, 16) ?? 1,
    rounds: number('rounds', 1, 100) ?? 3,
    calls: number('calls', 1, 100) ?? 3,
    only: new Set(some('only', subjects)),
    // The first row is what all is compared with.
    qualities: ['exact', ...some('quality', qualities).filter((quality) => quality !== 'exact')],
    compare: readPeers(flags.get('compare')),
    python: flags.get('python') ?? 'python3',
    peerProgram: flags.get('peer-program'),
    out: flags.get('out'),
    json: flags.has('json'),
  };
}

function cannot(rest: string): UserError {
  return new UserError('bad-option', `Cannot measure: ${rest}`);
}
