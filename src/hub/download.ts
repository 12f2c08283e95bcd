import { type FileHandle, open, rename } from 'node:fs/promises';
import { mistakenFor } from '../engine/checkpoint/mistaken.js';
import { refuseWithoutRoom } from '../engine/checkpoint/newFile.js';
import { UserError } from '../errors.js';
import { createDigest, type RunningDigest } from './digest.js';
import { type Part, partOf } from './part.js';
import { placeOf } from './place.js';
import type { Digest } from './repo.js';
import { patiently, transient } from './transient.js';
import type { Answer, Wire } from './wire.js';

/** A file to be had, and how it is known to be the right one. */
export interface Download {
  readonly wire: Wire;
  readonly address: string;
  /** Where it is once all of it came and was checked; what came before is beside it, under `.incomplete`. */
  readonly file: string;
  /** Its name in sentences. */
  readonly called: string;
  /** It has to be safetensors, and is given up at its first bytes where it is something else. */
  readonly weights?: boolean;
  /** Bytes, where they are known. */
  readonly size?: number;
  readonly digest?: Digest;
  /** Told how many more bytes are there, less than none where they had to be given up. */
  onBytes?(bytes: number): void;
  /** Told how many bytes it has, where that was not known. */
  onTotal?(bytes: number): void;
  /** Told of each answer's headers, which name the file where its address does not. */
  onAnswer?(headers: Headers): void;
}

/**
 * Downloads a file, going on where an earlier download of the same bytes ended: `If-Range` with the ETag that these
 * had keeps two states of a file from being mixed, and the digest, where there is one, says so at the end.
 *
 * Sources: RFC 9110 §13.1.5 (If-Range), §14 (ranges)
 *
 * @returns the digest of what came: SHA-256 where no other was given
 * @throws UserError `unreachable`, `not-allowed`, `not-found`; `bad-model` for other bytes than were promised;
 *   `bad-output` for a disk without room, the system's own error for one that fails; the signal's reason when it aborts: what came is kept
 * @example await download({ wire, address, file: '/m/.incomplete/x/3f0c…', called: 'unet', size, digest });
 */
export async function download(wanted: Download): Promise<string> {
  const { wire, file } = wanted;
  let came = 0;
  const counted: Download = {
    ...wanted,
    onBytes(bytes) {
      came += bytes;
      wanted.onBytes?.(bytes);
    },
  };
  const part = await partOf(file);
  let mayBePatched = part.length > 0;
  for (let whole = false; ; whole = true) {
    counted.onBytes?.(part.length);
    let tries = 0;
    const once = () => {
      tries += 1;
      return goOn(counted, part);
    };
    const digest = await patiently(once, { ...wire, progress: () => came });
    mayBePatched ||= tries > 1;
    const found = digest.value();
    if (wanted.digest === undefined || found === wanted.digest.value) {
      await rename(part.file, file);
      return found;
    }
    counted.onBytes?.(-part.length);
    await part.discard();
    // Bytes of several connections, or of an earlier process, may not be of one file: once, all of it comes again.
    if (whole || !mayBePatched) {
      const name = wanted.digest.kind === 'sha256' ? 'SHA-256' : 'SHA-1';
      refuse(
        wanted,
        `${name} ${found.slice(0, 12)}… of what came`,
        `${wanted.digest.value.slice(0, 12)}… as listed`,
      );
    }
  }
}

/** What one connection works on. */
interface Taking {
  readonly wanted: Download;
  readonly part: Part;
  readonly handle: FileHandle;
  /** Of the bytes that are there. */
  digest: RunningDigest;
}

/** One connection: from the bytes that are there to the end. */
async function goOn(wanted: Download, part: Part): Promise<RunningDigest> {
  const { wire, size } = wanted;
  const tooMany = size !== undefined && part.length > size;
  // Nothing would tell the bytes of one state of the file from those of another.
  const unknown = part.length > 0 && wanted.digest === undefined && part.validator === undefined;
  if (tooMany || unknown) {
    wanted.onBytes?.(-part.length);
    await part.discard();
  }
  const handle = await open(part.file, part.length > 0 ? 'r+' : 'w');
  try {
    const taking: Taking = { wanted, part, handle, digest: emptyDigest(wanted) };
    await readBack(taking);
    if (size === undefined || part.length < size) {
      const answer = await wire.get(wanted.address, rangeOf(part));
      await receive(answer, taking).finally(() => answer.drop());
    }
    // Without it a power cut after the rename can leave a file of the right size, full of zeros.
    await handle.sync();
    return taking.digest;
  } finally {
    await handle.close();
  }
}

async function receive(answer: Answer, taking: Taking): Promise<void> {
  const { wanted, part } = taking;
  wanted.onAnswer?.(answer.headers);
  const place = placeOf(answer, part);
  if (place.kind === 'complete') return;
  if (place.kind !== 'rest') await beginAnew(taking);
  if (place.kind === 'elsewhere') {
    throw transient(`${new URL(wanted.address).host} has no range that goes on from what is here`);
  }
  const total = wanted.size ?? place.total;
  if (place.total !== undefined && place.total !== total) {
    refuse(wanted, `${place.total} bytes`, `the ${total} that are listed`);
  }
  if (part.length === 0) await part.begin(place.validator);
  if (total !== undefined) {
    wanted.onTotal?.(total);
    await refuseWithoutRoom(wanted.file, total - part.length, wanted.wire.action);
  }
  for await (const piece of answer.bytes()) {
    if (part.length === 0) refuseOtherThings(wanted, answer, piece);
    if (total !== undefined && part.length + piece.length > total) {
      refuse(wanted, `more than ${total} bytes`, 'as many as it said');
    }
    await take(piece, taking);
  }
  if (total !== undefined && part.length < total) {
    throw transient(`the connection ended after ${part.length} of ${total} bytes`);
  }
}

async function take(piece: Uint8Array, { wanted, part, handle, digest }: Taking): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, done, piece.length - done, part.length + done);
    done += bytesWritten;
  }
  part.length += piece.length;
  digest.update(piece);
  wanted.onBytes?.(piece.length);
}

async function beginAnew(taking: Taking): Promise<void> {
  const { wanted, part, handle } = taking;
  wanted.onBytes?.(-part.length);
  await handle.truncate(0);
  await part.begin(undefined);
  taking.digest = emptyDigest(wanted);
}

function emptyDigest({ digest, size }: Download): RunningDigest {
  return createDigest(digest?.kind ?? 'sha256', size);
}

/** A page to log in on, a pickle: told by its first bytes, before gigabytes of it have come. */
function refuseOtherThings(wanted: Download, { headers }: Answer, start: Uint8Array): void {
  if (!wanted.weights) return;
  const page = headers.get('content-type')?.startsWith('text/html')
    ? 'a web page, perhaps to log in on'
    : undefined;
  // The length of a header may begin as a pickle does; what follows it never.
  const plausible = start.length > 8 && start[8] === 0x7b;
  const mistaken = page ?? (plausible ? undefined : mistakenFor(Buffer.from(start.subarray(0, 32))));
  if (mistaken) refuse(wanted, mistaken, 'a .safetensors file');
}

function rangeOf({ length, validator }: Part): Record<string, string> {
  if (length === 0) return {};
  const range = { range: `bytes=${length}-` };
  return validator === undefined ? range : { ...range, 'if-range': validator };
}

/** The digest of what earlier connections brought. */
async function readBack({ wanted, part, handle, digest }: Taking): Promise<void> {
  const bytes = Buffer.alloc(Math.min(part.length, 4 << 20));
  for (let at = 0; at < part.length; ) {
    wanted.wire.signal.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, 0, Math.min(bytes.length, part.length - at), at);
    if (bytesRead === 0) throw transient(`${part.file} changed while it was read`);
    digest.update(bytes.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function refuse({ wire, called }: Download, found: string, wanted: string): never {
  throw new UserError('bad-model', `${wire.action}: found ${found} for ${called}, want ${wanted}`);
}
