import type { SingleBar } from 'cli-progress';
import type { Surroundings } from './command.js';

/**
 * A bar on a terminal, gone once it stops.
 *
 * @returns undefined where stderr is no terminal
 * @example (await openBar(stderr, '{doing} {bar} {value}/{total}'))?.start(9, 0, { doing: 'Drawing' });
 */
export async function openBar(
  stderr: Surroundings['stderr'],
  format: string,
): Promise<SingleBar | undefined> {
  if (!stderr.isTTY) return undefined;
  const { default: progress } = await import('cli-progress');
  return new progress.SingleBar({
    ...{ stream: stderr, format, barsize: 30, barCompleteChar: '█', barIncompleteChar: '░' },
    ...{ hideCursor: true, clearOnComplete: true, gracefulExit: false },
  });
}
