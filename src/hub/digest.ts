import { createHash } from 'node:crypto';
import type { Digest } from './repo.js';

/** A digest of bytes given piece by piece. */
export interface RunningDigest {
  update(bytes: Uint8Array): void;
  /** Of everything given so far, in hex; asked once. */
  value(): string;
}

/**
 * @param size the file's, which git's digest of a blob begins with
 * @example const digest = createDigest('sha256'); digest.update(bytes); digest.value(); // '3f0c…'
 */
export function createDigest(kind: Digest['kind'], size = 0): RunningDigest {
  const hash = createHash(kind === 'blob-sha1' ? 'sha1' : 'sha256');
  if (kind === 'blob-sha1') hash.update(`blob ${size}\0`);
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    value: () => hash.digest('hex'),
  };
}
