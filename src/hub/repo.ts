import { listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { bodyOf } from './bodyOf.js';
import { patiently } from './transient.js';
import type { Wire } from './wire.js';

/** A file of a repo, and how it is known to be the right one once it is here. */
export interface RemoteFile {
  /** Within the repo. Hostile: it is only ever compared with paths that are wanted. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
}

/** `sha256` of large files, which the hub keeps by it; of small ones git's own `sha1` of the blob. In hex. */
export interface Digest {
  readonly kind: 'sha256' | 'blob-sha1';
  readonly value: string;
}

/** A repo at one commit. */
export interface Repo {
  /** As `stable-diffusion-v1-5/stable-diffusion-v1-5`. */
  readonly id: string;
  /** 40 hex digits. */
  readonly commit: string;
  /** As its card has it: `creativeml-openrail-m`. */
  readonly licence: string | undefined;
  readonly files: ReadonlyMap<string, RemoteFile>;
  /** Where a file of it is. */
  address(path: string): string;
}

const mostFiles = 20_000;
const mostPages = 200;

const Info = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z
    .looseObject({ license: z.unknown().optional(), license_name: z.unknown().optional() })
    .optional()
    .catch(undefined),
  tags: z.array(z.string()).catch([]),
});
const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const Entry = z.looseObject({
  type: z.string(),
  path: z.string().max(4096),
  size: size.catch(0),
  oid: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  lfs: z.looseObject({ oid: z.string().regex(/^[0-9a-f]{64}$/), size }).optional(),
});

/**
 * Asks the hub, through its own client, what a repo has at a revision. The client gets neither the token nor a way
 * out of its own: both stay with the wire.
 *
 * @throws UserError `not-found`, `not-allowed` (gated), `unreachable`, or `bad-model` for an answer without sense
 * @example const { commit, files } = await readRepo('madebyollin/taesd', 'main', wire);
 */
export async function readRepo(id: string, revision: string, wire: Wire): Promise<Repo> {
  const { action, endpoint } = wire;
  const refuse = (found: string, wanted: string): never => {
    throw new UserError('bad-model', `${action}: found ${found}, want ${wanted}`);
  };
  const ask = { hubUrl: endpoint, fetch: boundedFetch(wire) };
  try {
    const fields = ['sha', 'cardData', 'tags'] as ['sha', 'cardData', 'tags'];
    const info = Info.parse(await modelInfo({ ...ask, name: id, revision, additionalFields: fields }));
    const files = new Map<string, RemoteFile>();
    for await (const item of listFiles({ ...ask, repo: id, revision: info.sha, recursive: true })) {
      const { type, path, oid, lfs, size } = Entry.parse(item);
      if (type !== 'file') continue;
      if (files.size === mostFiles) refuse(`over ${mostFiles} files`, 'fewer');
      if (files.has(path)) refuse(`${JSON.stringify(path.slice(0, 100))} listed twice`, 'each file once');
      if (lfs) files.set(path, { path, size: lfs.size, digest: { kind: 'sha256', value: lfs.oid } });
      else if (oid) files.set(path, { path, size, digest: { kind: 'blob-sha1', value: oid } });
    }
    return {
      ...{ id, commit: info.sha, licence: licenceOf(info), files },
      address: (path) =>
        `${endpoint}/${id}/resolve/${info.sha}/${path.split('/').map(encodeURIComponent).join('/')}`,
    };
  } catch (error) {
    if (error instanceof UserError || wire.signal.aborted) throw error;
    // What the client or the schemas make of nonsense is an error in many sentences.
    throw new UserError(
      'bad-model',
      `${action}: the answer of ${new URL(endpoint).host} makes no sense, want the hub's API`,
      {
        cause: error,
      },
    );
  }
}

/** A fetch for the hub's client: GET, at the hub, patient, and with an end to what an answer may hold. */
function boundedFetch(wire: Wire): typeof fetch {
  let pages = 0;
  return async (input) => {
    const address = String(input);
    if (++pages > mostPages || new URL(address).origin !== new URL(wire.endpoint).origin) {
      throw new Error('The list leads elsewhere, or has no end');
    }
    const get = async () => {
      const answer = await wire.get(address, { accept: 'application/json' });
      return new Response(await bodyOf(answer), { headers: answer.headers });
    };
    return patiently(get, wire);
  };
}

/** Its short name on the card, or the name that the card gives to one of its own. */
function licenceOf({ cardData, tags }: z.infer<typeof Info>): string | undefined {
  const named = cardData?.license === 'other' ? (cardData.license_name ?? 'other') : cardData?.license;
  const tag = tags.find((one) => one.startsWith('license:'))?.slice('license:'.length);
  const licence = typeof named === 'string' ? named : tag;
  return licence !== undefined && /^[\w .+-]{1,60}$/.test(licence) ? licence : undefined;
}
