import type { Kind } from './kinds.js';
import type { Source } from './source.js';

/** What is to be pulled, and to where. */
export interface PullRequest {
  readonly source: Source;
  /** Of a repo's weights, as `fp16`. */
  readonly variant?: string;
  /** What it is called here; by its own name when left out. */
  readonly name?: string;
  /** What it is; guessed when left out. */
  readonly kind?: Kind;
  readonly modelsFolder: string;
}

export interface PullHooks {
  /** Told once it is known how many bytes there are in all. */
  onSize?(bytes: number): void;
  /** Told how many more of them are here, less than none where they had to be given up. */
  onBytes?(bytes: number): void;
}

export interface Pulled {
  readonly name: string;
  readonly kind: Kind;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly licence: string | undefined;
  /** It was here before, as it is there now. */
  readonly already: boolean;
}
