import { PrismaClientValidationError } from '@prisma/client/runtime/client';

/** Runs one piece of work after the other. */
export type Lane = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * A lane for all that writes. The driver adapter has one connection, and a statement that is sent while a transaction
 * is open would become a part of it: it would look committed and be undone with it.
 */
export function createLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work).catch((error) => {
      throw withoutValues(error);
    });
    last = next.catch(() => {});
    return next;
  };
}

/** Prisma quotes the whole row where a value does not fit, prompt and token with it; and errors are logged. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof PrismaClientValidationError)) return error;
  return new Error(`Cannot write to the log: ${error.message.trim().split('\n').at(-1)}`);
}
