import { readFileSync } from 'node:fs';

/** Memory at its highest, in megabytes (10⁶ bytes). */
export interface PeakMemory {
  /** All that was resident, weights that are mapped from files too. */
  readonly peak: number;
  /** What no file backs: what the machine has to have. */
  readonly private: number;
}

export interface MemoryWatch {
  /** So far; undefined where the system does not tell. */
  peak(): PeakMemory | undefined;
  stop(): PeakMemory | undefined;
}

const everyMilliseconds = 50;

/**
 * Looks again and again at what a process and all that it started take together, until it is told to stop. Linux tells;
 * other systems do not.
 *
 * @example const memory = watchMemory(child.pid); await ended; memory.stop()?.peak; // 512
 */
export function watchMemory(pid: number | undefined): MemoryWatch {
  let peak: PeakMemory | undefined;
  const look = () => {
    if (pid === undefined || process.platform !== 'linux') return;
    const all = tree(pid).map(statusOf);
    const sum = (field: 'resident' | 'private') => all.reduce((total, status) => total + status[field], 0);
    // The kernel keeps the highest that a process has had, so that nothing between two looks is missed.
    const highest = Math.max(sum('resident'), ...all.map((status) => status.highest));
    if (highest === 0) return;
    peak = {
      peak: Math.max(peak?.peak ?? 0, highest),
      private: Math.max(peak?.private ?? 0, sum('private')),
    };
  };
  look();
  const timer = setInterval(look, everyMilliseconds);
  timer.unref();
  return {
    peak() {
      look();
      return peak;
    },
    stop() {
      look();
      clearInterval(timer);
      return peak;
    },
  };
}

/** The ids of a process and of all below it. */
function tree(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => tree(Number(child))))];
}

/** proc(5); zeros for a process that has ended meanwhile. */
function statusOf(pid: number): { highest: number; resident: number; private: number } {
  const text = read(`/proc/${pid}/status`);
  const megabytes = (field: string) =>
    (Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024) / 1e6;
  return { highest: megabytes('VmHWM'), resident: megabytes('VmRSS'), private: megabytes('RssAnon') };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
