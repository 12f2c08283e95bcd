/** Keeps files by their content. Two files of the same bytes are one. */
export interface Storage {
  /** Keeps the bytes, whole or not at all. Gives their key: SHA-256 in hex, a point and `ending`. */
  put(bytes: Uint8Array, ending: string): Promise<string>;
  /** The bytes of that key; undefined when they are not there, or no longer what was put. */
  get(key: string): Promise<Buffer | undefined>;
  /** Removes them, overwriting what the disk held; none there is no error. With `rested`, only what has rested so long. */
  remove(key: string, how?: Rested): Promise<void>;
  /** Every key there is, in no order, for what belongs to no job to be found. */
  keys(how?: Rested): AsyncIterable<string>;
}

export interface Rested {
  /** Milliseconds since it was last put, by the storage's own time: what is put now is about to be named by somebody. */
  readonly rested: number;
}
