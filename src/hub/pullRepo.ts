import { join } from 'node:path';
import { openCheckpoint } from '../engine/checkpoint/folder.js';
import { refuseWithoutRoom } from '../engine/checkpoint/newFile.js';
import { quote } from '../engine/checkpoint/refuse.js';
import { readWeightMap } from '../engine/checkpoint/weightMap.js';
import { UserError } from '../errors.js';
import { aloneKind, configPaths, namedComponents, weightPaths } from './components.js';
import { fetchFiles, sum } from './fetchFiles.js';
import { type Kind, kinds } from './kinds.js';
import { checkName, plainName } from './names.js';
import { type Origin, writeOrigin } from './origin.js';
import type { Pulled, PullHooks, PullRequest } from './pulling.js';
import { type RemoteFile, type Repo, readRepo } from './repo.js';
import { settledBefore, settleFile } from './settleFile.js';
import type { Source } from './source.js';
import { openStaging, type Staging } from './staging.js';
import { standing } from './standing.js';
import type { Wire } from './wire.js';

const indexFile = 'model_index.json';
const alonesFile = 'config.json';
const mostNamed = 10;
const mostSmallBytes = 20_000_000;

/** What a part of the story needs of the others. */
interface Story {
  readonly request: PullRequest;
  readonly repo: Repo;
  readonly wire: Wire;
  readonly hooks: PullHooks;
  readonly staging: Staging;
  readonly origin: Omit<Origin, 'files'>;
}

/**
 * Pulls a repo of the hub: a pipeline's folder, a network that stands alone, or the one file there is.
 *
 * @throws UserError as `pull` does
 */
export async function pullRepo(
  request: PullRequest,
  { id, revision, file }: Extract<Source, { kind: 'repo' }>,
  wire: Wire,
  hooks: PullHooks,
): Promise<Pulled> {
  const repo = await readRepo(id, revision, wire);
  const staging = await openStaging(request.modelsFolder, id.replace('/', '--'), wire.action);
  const { commit, licence, files } = repo;
  const origin = { source: id, revision, commit, variant: request.variant, licence };
  const story: Story = { request, repo, wire, hooks, staging, origin };
  try {
    if (file !== undefined) return await oneFile(story, file);
    if (files.has(indexFile)) return await pipeline(story);
    if (files.has(alonesFile)) return await alone(story);
    return await oneFile(story, onlyFile(repo, wire.action));
  } finally {
    await staging.release();
  }
}

/** Configs come first: whether Kiln draws with it is known before its gigabytes come. */
async function pipeline(story: Story): Promise<Pulled> {
  const { request, repo, wire } = story;
  if (request.kind !== undefined && request.kind !== 'model') {
    throw new UserError(
      'bad-option',
      `${wire.action}: found a whole pipeline, want no --kind ${request.kind}`,
    );
  }
  return folder(story, 'model', request.modelsFolder, async (fetch) => {
    await fetch([indexFile]);
    const components = await reading(story, indexFile, namedComponents);
    const configs = [indexFile, ...configPaths(components, repo)];
    await fetch(configs);
    await refuseUndrawable(story, configs);
    return [...configs, ...(await allWeights(story, components, fetch))];
  });
}

/** A ControlNet or a VAE, its config and weights at the root. */
async function alone(story: Story): Promise<Pulled> {
  const { request, repo, wire, staging } = story;
  await fetchFiles([repo.files.get(alonesFile)!], { repo, staging, wire, hooks: {} });
  const kind = await reading(story, alonesFile, aloneKind);
  if (kind === undefined || kind === 'model' || (request.kind ?? kind) !== kind) {
    // People put configs of other programs beside a file.
    return oneFile(story, onlyFile(repo, wire.action));
  }
  return folder(story, kind, join(request.modelsFolder, kinds[kind]), async (fetch) => [
    alonesFile,
    ...(await allWeights(story, [''], fetch)),
  ]);
}

type Fetch = (paths: readonly string[]) => Promise<void>;

/**
 * The story of a folder: whether it is there, what belongs to it, whether it has room, and all of it at once.
 *
 * @param choose says which files belong to it; it may fetch small ones to see
 */
async function folder(
  { request, repo, wire, hooks, staging, origin }: Story,
  kind: Kind,
  parent: string,
  choose: (fetch: Fetch) => Promise<readonly string[]>,
): Promise<Pulled> {
  const { licence } = repo;
  const name = checkName(request.name ?? plainName(repo.id) ?? '', wire.action);
  const path = join(parent, name);
  const before = await standing(path, origin, wire.action);
  if (before?.same) {
    await staging.remove();
    return {
      name,
      kind,
      path,
      files: Object.keys(before.origin.files).length,
      bytes: 0,
      licence,
      already: true,
    };
  }
  const options = { repo, staging, wire, before: before && path };
  const paths = await choose((some) => fetchFiles(small(some, repo, wire.action), { ...options, hooks: {} }));
  const files = paths.map((one) => repo.files.get(one)!);
  const bytes = sum(files);
  hooks.onSize?.(bytes);
  await refuseWithoutRoom(staging.blob('room'), bytes - (await staging.bytes()), wire.action);
  await fetchFiles(files, { ...options, hooks });
  const digests = new Map(files.map((file) => [file.path, file.digest.value]));
  const tree = await staging.arrange(digests);
  await writeOrigin(join(tree, 'kiln.json'), { ...origin, files: Object.fromEntries(digests) });
  await staging.settle(tree, path);
  await staging.remove();
  return { name, kind, path, files: files.length, bytes, licence, already: false };
}

async function oneFile(
  { request, repo, wire, hooks, staging, origin }: Story,
  path: string,
): Promise<Pulled> {
  const file = repo.files.get(path);
  if (!file)
    throw new UserError('not-found', `${wire.action}: it has no file ${quote(path)}, want one that it has`);
  if (request.variant !== undefined) {
    throw new UserError('bad-option', `${wire.action}: found --variant for a single file, want none`);
  }
  const { value: digest } = file.digest;
  // A repo of one file has the better name; one of several are told apart by theirs.
  const ownName = request.source.kind === 'repo' && request.source.file === undefined ? repo.id : path;
  const here = await settledBefore(request, { ownName, digest, source: repo.id });
  if (here) {
    await staging.remove();
    return { ...here, files: 1, bytes: 0, licence: repo.licence, already: true };
  }
  hooks.onSize?.(file.size);
  await fetchFiles([file], { repo, staging, wire, hooks });
  return settleFile({
    ...{
      request,
      staging,
      origin,
      action: wire.action,
      blob: digest,
      digest,
      bytes: file.size,
      called: path,
    },
    ownName,
  });
}

function onlyFile({ id, files }: Repo, action: string): string {
  const found = [...files.keys()].filter((path) => /^[^/]+\.safetensors$/.test(path));
  if (found.length === 1) return found[0]!;
  const names = found.slice(0, mostNamed).map(quote).join(', ');
  const more = found.length > mostNamed ? ` and ${found.length - mostNamed} more` : '';
  throw new UserError(
    'bad-model',
    found.length === 0
      ? `${action}: found neither ${indexFile} nor a .safetensors file at its root, want one`
      : `${action}: found ${names}${more}, want one of them, as ${id}/FILE`,
  );
}

/** Weights' paths, with the shards of those that are an index. */
async function allWeights(story: Story, folders: readonly string[], fetch: Fetch): Promise<string[]> {
  const { request, repo, wire } = story;
  const paths = weightPaths(folders, repo, request.variant, wire.action);
  const indexes = paths.filter((path) => path.endsWith('.json'));
  await fetch(indexes);
  const shards: string[] = [];
  for (const index of indexes) {
    const map = await reading(story, index, readWeightMap);
    for (const name of new Set(map.values())) {
      const path = [...index.split('/').slice(0, -1), name].join('/');
      if (!repo.files.has(path)) {
        const found = `${index} names ${quote(name)}, which is not there`;
        throw new UserError('bad-model', `${wire.action}: ${found}, want all that it names`);
      }
      shards.push(path);
    }
  }
  return [...paths, ...shards];
}

/** What Kiln could not open is not worth its download. */
async function refuseUndrawable(story: Story, configs: readonly string[]): Promise<void> {
  const { repo, staging } = story;
  const tree = await staging.arrange(new Map(configs.map((path) => [path, digestOf(repo, path)])));
  try {
    // Only weights, once they are asked for, are looked up or kept in a cache.
    await openCheckpoint(tree, { cacheFolder: '' });
  } catch (error) {
    await staging.remove();
    throw aboutRepo(story, error, tree, repo.id);
  }
}

/** Reads a small file that came. */
async function reading<Value>(
  story: Story,
  path: string,
  read: (file: string) => Promise<Value>,
): Promise<Value> {
  const file = story.staging.blob(digestOf(story.repo, path));
  return read(file).catch((error) => {
    throw aboutRepo(story, error, file, path);
  });
}

/** A complaint about a file here, as one about where it is from. */
function aboutRepo({ wire }: Story, error: unknown, here: string, there: string): unknown {
  if (!(error instanceof UserError)) return error;
  const said = error.message.replaceAll(`${here}/`, '').replaceAll(here, there);
  const message = said.replace(/^Cannot open (model \w+: )?/, `${wire.action}: `);
  return new UserError(error.code, message, { cause: error });
}

/** Files that are read whole, here: no config has twenty megabytes. */
function small(paths: readonly string[], { files }: Repo, action: string): RemoteFile[] {
  return paths.map((path) => {
    const file = files.get(path)!;
    if (file.size <= mostSmallBytes) return file;
    throw new UserError(
      'bad-model',
      `${action}: ${path} has ${file.size} bytes, want at most ${mostSmallBytes}`,
    );
  });
}

function digestOf({ files }: Repo, path: string): string {
  return files.get(path)!.digest.value;
}
