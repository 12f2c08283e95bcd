/**
 * Does something for each, a few at a time. The first that fails ends those under way, and is thrown once they ended.
 *
 * @param work gets a signal that aborts when another failed
 * @example await several(files, 3, signal, (file, signal) => fetchOne(file, signal));
 */
export async function several<Item>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const others = new AbortController();
  const both = AbortSignal.any([signal, others.signal]);
  const failures: unknown[] = [];
  // One iterator for all: each takes what is next.
  const left = items.values();
  const worker = async () => {
    try {
      for (const item of left) {
        both.throwIfAborted();
        await work(item, both);
      }
    } catch (error) {
      failures.push(error);
      others.abort(error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
