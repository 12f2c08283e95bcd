export interface KeepLatelyOptions<Value> {
  /** Values that are kept. */
  readonly most: number;
  /** Bytes that all of them may take; what came last is kept even if it alone takes more. */
  readonly bytes: number;
  sizeOf(value: Value): number;
}

/**
 * Keeps what was worked out lately, by keys: those used longest ago give way. What is being worked out is waited for by
 * all who ask; what failed is tried again.
 *
 * @example
 * const encoded = keepLately({ most: 64, bytes: 64e6, sizeOf: ({ states }: Text) => states.byteLength });
 * await encoded('a red fox', () => encode('a red fox'));
 */
export function keepLately<Value>({
  most,
  bytes,
  sizeOf,
}: KeepLatelyOptions<Value>): (key: string, work: () => Promise<Value>) => Promise<Value> {
  /** In the order of last use. */
  const kept = new Map<string, { readonly value: Promise<Value>; size: number }>();

  function makeRoom(): void {
    let sum = [...kept.values()].reduce((total, { size }) => total + size, 0);
    for (const [key, { size }] of kept) {
      if (kept.size === 1 || (kept.size <= most && sum <= bytes)) return;
      kept.delete(key);
      sum -= size;
    }
  }

  return (key, work) => {
    const entry = kept.get(key) ?? { value: work(), size: 0 };
    const known = kept.delete(key);
    kept.set(key, entry);
    if (known) return entry.value;
    entry.value.then(
      (value) => {
        entry.size = sizeOf(value);
        makeRoom();
      },
      () => {
        if (kept.get(key) === entry) kept.delete(key);
      },
    );
    return entry.value;
  };
}
