import { execFile } from 'node:child_process';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';

const bytesPerMb = 2 ** 20;

/**
 * Bytes of memory that a device has in all: what no picture can be drawn beyond, whatever is closed for it. Of several
 * GPUs it is the largest one's, as CUDA may count them in another order than nvidia-smi does.
 *
 * @returns undefined where nobody tells
 * @example await deviceMemory('cuda:0'); // 85_520_809_984
 */
export async function deviceMemory(device: string): Promise<number | undefined> {
  if (device === 'cpu') {
    const limit = process.constrainedMemory();
    return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  }
  if (!device.startsWith('cuda')) return undefined;
  const ask = ['--query-gpu=memory.total', '--format=csv,noheader,nounits'];
  const told = await promisify(execFile)('nvidia-smi', ask, { timeout: 10_000 }).catch(() => undefined);
  const sizes = (told?.stdout ?? '').split('\n').map((line) => Number.parseInt(line, 10));
  const most = Math.max(0, ...sizes.filter((size) => size > 0));
  return most > 0 ? most * bytesPerMb : undefined;
}
