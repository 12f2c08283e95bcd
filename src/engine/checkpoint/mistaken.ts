const pickle = 'a pickle (PyTorch .ckpt, .bin or .pt), which can run code when it is read';

/** By the first bytes, as Latin-1. A pickle of protocol 2 to 5 begins with 0x80 and the protocol's number. */
const kinds: readonly (readonly [magic: string, what: string])[] = [
  ['PK\x03\x04', pickle],
  ['\x80\x02', pickle],
  ['\x80\x03', pickle],
  ['\x80\x04', pickle],
  ['\x80\x05', pickle],
  ['version ht', 'a Git LFS pointer instead of the weights (git lfs pull fetches them)'],
  ['<', 'a web page instead of the weights'],
  ['GGUF', 'a GGUF file'],
  ['\x89HDF', 'an HDF5 file'],
  ['\x93NUMPY', 'a NumPy file'],
  ['\x1f\x8b', 'a gzip archive'],
];

/**
 * Names what a file that cannot be `.safetensors` is, by its first bytes; `undefined` when they say nothing.
 *
 * @example mistakenFor(Buffer.from('GGUF\x03\0\0\0')); // 'a GGUF file'
 */
export function mistakenFor(start: Buffer): string | undefined {
  const text = start.toString('latin1');
  return kinds.find(([magic]) => text.startsWith(magic))?.[1];
}
