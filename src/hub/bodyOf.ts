import type { Answer } from './wire.js';

const mostBytes = 20_000_000;

/**
 * All bytes of an answer that is a list or a page, of which a strange server could send without end.
 *
 * @throws Error for more than 20 MB; transient when the connection breaks
 * @example JSON.parse((await bodyOf(await wire.get(address))).toString());
 */
export async function bodyOf(answer: Answer): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of answer.bytes()) {
    length += piece.length;
    if (length > mostBytes) throw new Error(`The answer has over ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
