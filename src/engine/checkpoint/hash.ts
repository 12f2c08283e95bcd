import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** SHA-256 of bytes given piece by piece. */
export interface Hash {
  /** Takes over `bytes` with its memory and gives it back, contents unchanged, once it is hashed. */
  update(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** The hash of everything given so far, in hex. */
  digest(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Hashes in a thread of its own, so that this one can read and check in the meantime.
 *
 * @example const hash = hashInThread(); await hash.update(bytes); await hash.digest();
 */
export function hashInThread(): Hash {
  // Handed over as source text, so that it runs the same from dist/ and under a test runner, which has no .js file.
  const worker = new Worker(`(${hashMessages})()`, { eval: true, execArgv: [], env: {} });
  const waiting: { resolve(answer: unknown): void; reject(error: unknown): void }[] = [];
  const fail = (error: unknown) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on('message', (answer) => waiting.shift()?.resolve(answer));
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('The hashing thread ended before its answer')));

  function ask<T>(question: unknown, transfer: ArrayBuffer[]): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      waiting.push({ resolve: resolve as (answer: unknown) => void, reject });
    });
    // Who gave up on the file before its hash was done awaits nothing any more.
    answer.catch(() => {});
    worker.postMessage(question, transfer);
    return answer;
  }

  return {
    update: (bytes) => ask(bytes, [bytes.buffer]),
    digest: () => ask(null, []),
    close: async () => {
      await worker.terminate();
    },
  };
}

/** Hashes in this thread, which takes less time than to start another where there is little to hash. */
export function hashHere(): Hash {
  const hash = createHash('sha256');
  return {
    update: async (bytes) => {
      hash.update(bytes);
      return bytes;
    },
    digest: async () => hash.digest('hex'),
    close: async () => {},
  };
}

/** Runs in the thread: it may use nothing from this file. */
function hashMessages(): void {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const hash = createHash('sha256');
  parentPort?.on('message', (bytes: Uint8Array<ArrayBuffer> | null) => {
    if (bytes === null) parentPort.postMessage(hash.digest('hex'));
    else {
      hash.update(bytes);
      parentPort.postMessage(bytes, [bytes.buffer]);
    }
  });
}
