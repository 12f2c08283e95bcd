import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../errors.js';
import { type Origin, readOrigin } from './origin.js';

/** What stands where something is to go. */
interface Standing {
  readonly origin: Origin;
  /** It is from the same commit, in the same variant, and whole. */
  readonly same: boolean;
}

const extension = '.safetensors';

/**
 * What a place in the models' folder holds: nothing, or an earlier pull of the same source, which may be replaced.
 *
 * @param target a folder, or a `.safetensors` file; the other form of the same name counts too
 * @throws UserError `bad-output` for what is from elsewhere
 * @example await standing('data/models/sd15', origin, 'Cannot pull owner/repo');
 */
export async function standing(
  target: string,
  { source, commit, variant }: Omit<Origin, 'files'>,
  action: string,
): Promise<Standing | undefined> {
  const isFile = target.endsWith(extension);
  const other = isFile ? target.slice(0, -extension.length) : `${target}${extension}`;
  const there = await exists(target);
  if (!there && !(await exists(other))) return undefined;
  const origin = there ? await readOrigin(target) : undefined;
  if (origin?.source !== source) {
    const name = basename(isFile ? other : target);
    const from = origin ? `from ${origin.source}` : 'not from there';
    throw new UserError(
      'bad-output',
      `${action}: found ${there ? target : other}, ${from}, want another name with --as, or kiln rm ${name} first`,
    );
  }
  const same = commit !== undefined && origin.commit === commit && origin.variant === variant;
  // Somebody may have taken files out of it.
  const whole = await Promise.all(Object.keys(origin.files).map((path) => exists(join(target, path))));
  return { origin, same: same && whole.every(Boolean) };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
