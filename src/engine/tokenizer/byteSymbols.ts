/**
 * The printable character that stands for each byte in CLIP's vocabulary, in the vocabulary's order, and its byte.
 * Source: openai/CLIP, clip/simple_tokenizer.py, `bytes_to_unicode`.
 */
export const symbolBytes: ReadonlyMap<string, number> = (() => {
  const isPrintable = (byte: number) =>
    (byte > 32 && byte < 127) || (byte > 160 && byte !== 173 && byte < 256);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !isPrintable(byte));
  return new Map([
    ...bytes.filter(isPrintable).map((byte) => [String.fromCharCode(byte), byte] as const),
    ...others.map((byte, i) => [String.fromCharCode(256 + i), byte] as const),
  ]);
})();

/** The character that stands for each byte, by the byte. */
export const byteSymbols: readonly string[] = [...symbolBytes]
  .toSorted(([, a], [, b]) => a - b)
  .map(([symbol]) => symbol);
