import { type FileHandle, open } from 'node:fs/promises';

const most = 1 << 20;
const dynamicSegment = 2;
const loadSegment = 1;
const [needed, stringTable, stringSize] = [1n, 5n, 10n];

/**
 * The libraries that a shared library is linked to, which have to be there before it loads: `DT_NEEDED` of its dynamic
 * section, as `readelf -d` shows it. Reads a few kB of it, however large it is.
 *
 * Source: System V ABI, "Dynamic Section"
 *
 * @returns none for what is no 64-bit little-endian ELF file
 * @example await neededLibraries('libonnxruntime_providers_cuda.so'); // ['libcublasLt.so.13', …]
 */
export async function neededLibraries(file: string): Promise<string[]> {
  const handle = await open(file);
  try {
    const header = await piece(handle, 0n, 64n);
    if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46 || header.readUInt16LE(4) !== 0x0102)
      return [];
    const segments = await segmentsOf(handle, header);
    const dynamic = segments.find(({ type }) => type === dynamicSegment);
    if (!dynamic) return [];
    const entries = await piece(handle, dynamic.offset, dynamic.size);
    const values = new Map<bigint, bigint[]>();
    for (let at = 0; at + 16 <= entries.length; at += 16) {
      const tag = entries.readBigUInt64LE(at);
      values.set(tag, [...(values.get(tag) ?? []), entries.readBigUInt64LE(at + 8)]);
    }
    const address = values.get(stringTable)?.[0];
    const home = segments.find(
      ({ type, address: from, size }) =>
        type === loadSegment && address !== undefined && address >= from && address < from + size,
    );
    if (!home || address === undefined) return [];
    const strings = await piece(
      handle,
      home.offset + address - home.address,
      values.get(stringSize)?.[0] ?? 0n,
    );
    return (values.get(needed) ?? []).map((offset) => stringAt(strings, Number(offset)));
  } finally {
    await handle.close();
  }
}

interface Segment {
  readonly type: number;
  readonly offset: bigint;
  readonly address: bigint;
  /** In the file. */
  readonly size: bigint;
}

async function segmentsOf(handle: FileHandle, header: Buffer): Promise<Segment[]> {
  const size = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  if (size < 56) return [];
  const table = await piece(handle, header.readBigUInt64LE(32), BigInt(size * count));
  return Array.from({ length: Math.floor(table.length / size) }, (_, index) => {
    const at = index * size;
    return {
      type: table.readUInt32LE(at),
      offset: table.readBigUInt64LE(at + 8),
      address: table.readBigUInt64LE(at + 16),
      size: table.readBigUInt64LE(at + 32),
    };
  });
}

/** Bytes of the file; fewer where it has no more, or where more are asked for than any library has reason to. */
async function piece(handle: FileHandle, offset: bigint, length: bigint): Promise<Buffer> {
  const bytes = Buffer.alloc(Number(length < BigInt(most) ? length : BigInt(most)));
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, Number(offset));
  return bytes.subarray(0, bytesRead);
}

function stringAt(strings: Buffer, from: number): string {
  const end = strings.indexOf(0, from);
  return strings.toString('latin1', from, end < 0 ? strings.length : end);
}
