import { PrismaClientKnownRequestError } from '@prisma/client/runtime/client';

/** Whether it was thrown because a unique value is there already. */
export function isTaken(error: unknown): boolean {
  return error instanceof PrismaClientKnownRequestError && error.code === 'P2002';
}
