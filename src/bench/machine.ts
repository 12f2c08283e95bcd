import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';

/** What figures depend on besides what was measured. */
export interface Machine {
  readonly cpu: string;
  /** What of it matters to an engine, as Linux calls it. */
  readonly cpu_features: readonly string[];
  readonly cores: number;
  /** Where the networks ran on one. */
  readonly gpu?: string;
  readonly memory_mb: number;
  readonly platform: string;
  /** Of the last minute before the run: what else the machine had to do. */
  readonly load: number;
}

const features = [
  'avx2',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'avx_vnni',
  'amx_int8',
  'amx_bf16',
  'asimddp',
  'bf16',
];

/**
 * @param gpu where the networks run on one
 * @example machine().cpu; // 'AMD EPYC 9R14'
 */
export function machine(gpu?: string): Machine {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 && limit < totalmem() ? limit : totalmem();
  const flags = new Set(/^(?:flags|Features)\s*: (.*)$/m.exec(read('/proc/cpuinfo'))?.[1]?.split(' '));
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpu_features: features.filter((feature) => flags.has(feature)),
    cores: availableParallelism(),
    gpu,
    memory_mb: Math.round(bytes / 1e6),
    platform: `${process.platform} ${process.arch}`,
    load: Number(loadavg()[0]!.toFixed(2)),
  };
}

/** Bytes that programs can still have; what the system keeps of files it gives up for them. */
export function availableMemory(): number {
  const kilobytes = /^MemAvailable:\s*(\d+) kB$/m.exec(read('/proc/meminfo'))?.[1];
  return kilobytes ? Number(kilobytes) * 1024 : freemem();
}

/** Of what Kiln runs on. */
export function ownVersions(): { readonly node: string; readonly 'onnxruntime-node': string } {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return { node: process.versions.node, 'onnxruntime-node': version };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
