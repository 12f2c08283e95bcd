import { open } from 'node:fs/promises';
import { recallCheck, rememberCheck } from './checked.js';
import { fileError } from './fileError.js';
import { firstNotFinite } from './finite.js';
import { hashHere, hashInThread } from './hash.js';
import { type FileIdentity, identify, sameFile } from './identity.js';
import { readFully } from './readFully.js';
import { quote, refuse } from './refuse.js';
import { elementBytes, type TensorInfo } from './safetensors.js';

const chunkBytes = 8 << 20;
const chunksInFlight = 4;

/**
 * Reads a weights file through, unless this very file was read before: refuses NaN and infinities, hashes the content.
 *
 * @param file as it was before its header was read.
 * @returns the SHA-256 of the whole file, in hex.
 * @throws UserError `bad-model` with the name of the tensor that holds what is not a number.
 * @example await checkOnce(await identify(file), await readHeader(file), '/cache');
 */
export async function checkOnce(
  file: FileIdentity,
  tensors: ReadonlyMap<string, TensorInfo>,
  cacheFolder: string,
): Promise<string> {
  const known = await recallCheck(cacheFolder, file);
  if (known !== undefined) return known;
  const sha256 = await readThrough(file, [...tensors.values()]);
  if (!sameFile(file, await identify(file.path))) {
    refuse(file.path, 'it changed while it was read', 'a file that stays as it is');
  }
  await rememberCheck(cacheFolder, file, sha256);
  return sha256;
}

async function readThrough(file: FileIdentity, tensors: TensorInfo[]): Promise<string> {
  const hash = file.size > chunkBytes ? hashInThread() : hashHere();
  try {
    const handle = await open(file.path);
    try {
      const spare = Array.from({ length: chunksInFlight }, () =>
        Promise.resolve(new Uint8Array(Math.min(chunkBytes, file.size))),
      );
      for (const { start, end, pieces } of chunks(tensors, file.size)) {
        const { buffer } = await spare.shift()!;
        const bytes = new Uint8Array(buffer, 0, end - start);
        await readFully(handle, bytes, start, file.path);
        for (const piece of pieces) refuseNotFinite(bytes, start, piece);
        spare.push(hash.update(bytes));
      }
      return await hash.digest();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(`Cannot open ${file.path}`, error, 'bad-model');
  } finally {
    await hash.close();
  }
}

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly Piece[];
}

/** The bytes of a tensor, from one place in the file to another, that lie in a chunk: whole elements. */
interface Piece {
  readonly tensor: TensorInfo;
  readonly from: number;
  readonly to: number;
}

/** Cuts a file, header included, into chunks that part no element. `tensors` come in the order they are stored. */
function* chunks(tensors: readonly TensorInfo[], size: number): Generator<Chunk> {
  let next = 0;
  for (let start = 0, end = 0; start < size; start = end) {
    end = Math.min(start + chunkBytes, size);
    const pieces: Piece[] = [];
    for (; next < tensors.length && tensors[next]!.offset < end; next++) {
      const tensor = tensors[next]!;
      const tensorEnd = tensor.offset + tensor.length;
      if (tensorEnd > end) end -= (end - tensor.offset) % elementBytes[tensor.dtype];
      pieces.push({ tensor, from: Math.max(start, tensor.offset), to: Math.min(end, tensorEnd) });
      if (tensorEnd > end) break;
    }
    yield { start, end, pieces };
  }
}

function refuseNotFinite(bytes: Uint8Array, start: number, { tensor, from, to }: Piece): void {
  const index = firstNotFinite(bytes.subarray(from - start, to - start), tensor.dtype);
  if (index < 0) return;
  const element = (from - tensor.offset) / elementBytes[tensor.dtype] + index;
  refuse(
    tensor.file,
    `tensor ${quote(tensor.name)} holds NaN or infinity at element ${element}`,
    'finite numbers',
  );
}
