import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { quote } from '../engine/checkpoint/refuse.js';
import { UserError } from '../errors.js';
import { kindOf } from './kindOf.js';
import { type Kind, kinds } from './kinds.js';
import { checkName, plainName } from './names.js';
import { type Origin, originFile, readOrigin, writeOrigin } from './origin.js';
import type { Pulled, PullRequest } from './pulling.js';
import type { Staging } from './staging.js';
import { standing } from './standing.js';
import { readWeightsHeader } from './weightsHeader.js';

/**
 * Finds out what a `.safetensors` file that came is, and puts it there.
 *
 * @param options.ownName what it is called where it is from
 * @throws UserError `bad-model` for no safetensors, or none of a known kind without `--kind`; `bad-output` for a name
 *   that is taken: the file is kept for another try
 */
export async function settleFile(options: {
  readonly request: PullRequest;
  readonly staging: Staging;
  readonly origin: Omit<Origin, 'files'>;
  readonly action: string;
  readonly blob: string;
  readonly called: string;
  readonly ownName: string;
  readonly digest: string;
  readonly bytes: number;
}): Promise<Pulled> {
  const { request, staging, origin, action, blob, called, ownName, digest, bytes } = options;
  const file = staging.blob(blob);
  const tensors = await readWeightsHeader(file, called, action).catch(async (error) => {
    // The next try must not find it here.
    await rm(file, { force: true });
    throw error;
  });
  const kind = request.kind ?? kindOf(tensors);
  if (kind === undefined) {
    const some = [...tensors.keys()].slice(0, 2).map(quote).join(', ') || 'none';
    throw new UserError(
      'bad-model',
      `${action}: found tensors of no kind that Kiln knows (${some}), want --kind ${Object.keys(kinds).join(' or ')}`,
    );
  }
  const name = checkName(request.name ?? plainName(ownName) ?? '', action);
  const target = targetOf(request, kind, name);
  const before = await standing(target, origin, action);
  // The record first: from the moment that the file lists, its origin is known.
  const record = staging.blob('kiln.json');
  await writeOrigin(record, { ...origin, files: { [`${name}.safetensors`]: digest } });
  await staging.settle(record, originFile(target));
  await staging.settle(file, target);
  await staging.remove();
  const already = before?.origin.files[`${name}.safetensors`] === digest;
  return { name, kind, path: target, files: 1, bytes, licence: origin.licence, already };
}

/** Where a file goes. */
function targetOf({ modelsFolder }: PullRequest, kind: Kind, name: string): string {
  const folder = kind === 'model' ? modelsFolder : join(modelsFolder, kinds[kind]);
  return join(folder, `${name}.safetensors`);
}

/** The same bytes where an earlier pull put them, under the name that they would get now. */
export async function settledBefore(
  request: PullRequest,
  wanted: { readonly ownName: string; readonly digest: string; readonly source: string },
): Promise<Pick<Pulled, 'name' | 'kind' | 'path'> | undefined> {
  const name = request.name ?? plainName(wanted.ownName);
  if (name === undefined) return undefined;
  const all: readonly Kind[] = ['model', ...(Object.keys(kinds) as (keyof typeof kinds)[])];
  for (const kind of request.kind === undefined ? all : [request.kind]) {
    const path = targetOf(request, kind, name);
    const origin = await readOrigin(path);
    if (origin?.source !== wanted.source || origin.files[basename(path)] !== wanted.digest) continue;
    if (await stat(path).catch(() => undefined)) return { name, kind, path };
  }
  return undefined;
}
