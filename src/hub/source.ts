import { quote } from '../engine/checkpoint/refuse.js';
import { UserError } from '../errors.js';

/** What is to be pulled: a repo of the hub, one file of it, or a file from anywhere. */
export type Source =
  | { readonly kind: 'repo'; readonly id: string; readonly revision: string; readonly file?: string }
  | { readonly kind: 'url'; readonly address: string; readonly host: string };

const repoId = /^\w[\w.-]{0,95}\/\w[\w.-]{0,95}$/;
const revisions = /^\w[\w./+-]{0,199}$/;
const officialHosts = ['huggingface.co', 'www.huggingface.co', 'hf.co'];

/**
 * Understands what was typed after `kiln pull`. An address of the hub itself is the repo, or its file: so it has a
 * commit, a checksum and a licence.
 *
 * @param endpoint the hub's address
 * @throws UserError `bad-option`
 * @example parseSource('owner/repo@fp16', endpoint); // { kind: 'repo', id: 'owner/repo', revision: 'fp16' }
 */
export function parseSource(typed: string, endpoint: string): Source {
  const source = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? fromAddress(typed, endpoint) : fromId(typed);
  if (!source) {
    return refuse(
      typed,
      'found none of the kind',
      'OWNER/REPO, OWNER/REPO@REVISION, or an https address of a .safetensors file',
    );
  }
  const path = source.kind === 'repo' ? source.file : new URL(source.address).pathname;
  const pickle = /\.(ckpt|pt|pth|bin|pkl|onnx|gguf|zip)$/i.exec(path ?? '')?.[0];
  if (pickle) refuse(typed, `found a ${pickle} file`, 'a .safetensors file');
  return source;
}

function fromId(typed: string): Source | undefined {
  const [, id, file, revision] = /^([^/@]+\/[^/@]+)(?:\/([^@]+))?(?:@(.*))?$/.exec(typed) ?? [];
  return id === undefined ? undefined : repo(id, revision, file);
}

function fromAddress(typed: string, endpoint: string): Source | undefined {
  if (!URL.canParse(typed)) return undefined;
  const url = new URL(typed);
  const hub = new URL(endpoint);
  const base = url.origin === hub.origin ? hub.pathname.replace(/\/$/, '') : '';
  if (
    (url.origin === hub.origin || officialHosts.includes(url.hostname)) &&
    url.pathname.startsWith(`${base}/`)
  ) {
    const [owner, name, way, revision, ...path] = url.pathname
      .slice(base.length + 1)
      .split('/')
      .map(decoded);
    if (way === undefined || way === '' || (way === 'tree' && path.length === 0))
      return repo(`${owner}/${name}`, revision, undefined);
    if (['resolve', 'blob'].includes(way) && path.length > 0)
      return repo(`${owner}/${name}`, revision, path.join('/'));
  }
  return url.protocol === 'https:' || url.protocol === 'http:'
    ? { kind: 'url', address: url.href, host: url.host }
    : undefined;
}

function repo(id: string, revision = 'main', file: string | undefined): Source | undefined {
  const whole = repoId.test(id) && revisions.test(revision) && !/\.\./.test(`${id}${revision}${file ?? ''}`);
  if (!whole) return undefined;
  return file === undefined ? { kind: 'repo', id, revision } : { kind: 'repo', id, revision, file };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refuse(typed: string, found: string, wanted: string): never {
  // What is after a question mark may be a token.
  throw new UserError('bad-option', `Cannot pull ${quote(typed.split('?')[0]!)}: ${found}, want ${wanted}`);
}
