import { crc32, inflateSync } from 'node:zlib';

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const headerLength = 25; // IHDR: length, name, 13 bytes, crc
const maxText = 4 * 1024 * 1024;

/**
 * Adds a text chunk to a PNG, right after its header, where readers that stop at the first pixels still see it.
 *
 * Written as `tEXt` where the text is Latin-1, as A1111 does, and as `iTXt` (UTF-8) where it is not: PNG readers,
 * Pillow and A1111's "PNG Info" among them, show both under the same keyword.
 *
 * Source: PNG specification, 3rd edition, 11.3.3.
 *
 * @param png a whole PNG file
 * @param keyword 1 to 79 Latin-1 characters
 * @example withText(png, 'parameters', 'a red heart\nSteps: 20')
 */
export function withText(png: Buffer, keyword: string, text: string): Buffer {
  // Both kinds of chunk end a field at a zero byte.
  const clean = text.replaceAll('\0', '');
  const chunk = isLatin1(clean)
    ? pngChunk('tEXt', Buffer.from(`${keyword}\0${clean}`, 'latin1'))
    : pngChunk(
        'iTXt',
        Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(clean, 'utf8')]),
      );
  const at = signature.length + headerLength;
  return Buffer.concat([png.subarray(0, at), chunk, png.subarray(at)]);
}

/**
 * The text that a PNG carries under a keyword (`tEXt`, `zTXt` or `iTXt`), or undefined. Never throws: whatever is
 * no PNG, or a damaged one, has no text.
 *
 * @example readText(await readFile('kiln-7.png'), 'parameters')
 */
export function readText(png: Buffer, keyword: string): string | undefined {
  if (!png.subarray(0, signature.length).equals(signature)) return undefined;
  const start = Buffer.from(`${keyword}\0`, 'latin1');
  let at = signature.length;
  while (at + 12 <= png.length) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (body.length < length) return undefined;
    if (/^([tzi])(EXt|TXt)$/.test(name) && body.subarray(0, start.length).equals(start)) {
      return chunkText(name, body.subarray(start.length));
    }
    at += 12 + length;
  }
  return undefined;
}

/** One PNG chunk: its length, name, body and checksum. */
export function pngChunk(name: string, body: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + body.length);
  chunk.writeUInt32BE(body.length, 0);
  chunk.write(name, 4, 'latin1');
  chunk.set(body, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + body.length)), 8 + body.length);
  return chunk;
}

function chunkText(name: string, rest: Buffer): string | undefined {
  if (name === 'tEXt') return rest.toString('latin1');
  if (name === 'zTXt') return inflate(rest.subarray(1))?.toString('latin1');
  const language = rest.indexOf(0, 2);
  const translated = language < 0 ? -1 : rest.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  const text = rest.subarray(translated + 1);
  return (rest[0] === 1 ? inflate(text) : text)?.toString('utf8');
}

function inflate(bytes: Buffer): Buffer | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: maxText });
  } catch {
    return undefined;
  }
}

/** Latin-1 without its control characters, which `tEXt` does not allow (line feeds it does). */
function isLatin1(text: string): boolean {
  return /^[\n\t\x20-\x7e\xa0-\xff]*$/.test(text);
}
