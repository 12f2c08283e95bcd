import { UserError } from '../../errors.js';

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder, want a file',
  ENOTDIR: 'a part of the path is not a folder',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'its symbolic links go round in a circle',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the system allows',
  EMFILE: 'too many files are open',
  EIO: 'the disk failed',
};

/**
 * Turns what `node:fs` threw into one sentence; anything that is not a file system's refusal comes back as it was.
 *
 * @example throw fileError('Cannot open /m/unet', error, 'bad-model'); // "Cannot open /m/unet: permission denied"
 */
export function fileError(action: string, error: unknown, code: 'bad-model' | 'bad-output'): unknown {
  const errno = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof errno !== 'string' || error instanceof UserError || !/^E[A-Z]+$/.test(errno)) return error;
  return new UserError(code, `${action}: ${reasons[errno] ?? errno}`, { cause: error });
}
