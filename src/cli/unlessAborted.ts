import { UserError } from '../errors.js';

/** A model that is still loading is left behind: its process ends when this one does. */
export function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = new Promise<never>((_, reject) => {
    const cancel = () => reject(new UserError('cancelled', 'Cancelled before the first step'));
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
  return Promise.race([work, aborted]);
}
