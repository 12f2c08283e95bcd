/**
 * Several drawings, or what belongs to one, side by side, so that they share the U-Net's calls. When one fails, the rest
 * is stopped, and the failure is told once all have ended.
 *
 * @param signal stops all of them
 * @param start starts them; each honours the signal it is given
 * @throws what the first to fail throws
 * @example const pictures = await together(signal, (either) => seeds.map((seed) => draw(seed, either)));
 */
export async function together<Values extends readonly unknown[] | []>(
  signal: AbortSignal,
  start: (signal: AbortSignal) => { readonly [at in keyof Values]: Promise<Values[at]> },
): Promise<{ -readonly [at in keyof Values]: Values[at] }> {
  const failed = new AbortController();
  const draws = start(AbortSignal.any([signal, failed.signal]));
  try {
    return await Promise.all(draws);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(draws);
    throw error;
  }
}
