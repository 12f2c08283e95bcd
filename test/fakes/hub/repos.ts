import { createHash } from 'node:crypto';

/** A repo as the fake hub has it. */
export interface FakeRepo {
  readonly id: string;
  readonly files: Readonly<Record<string, Buffer | string>>;
  readonly licence?: string;
  /** Asks for the token and an accepted licence. */
  readonly gated?: boolean;
  /** Is there for the token alone. */
  readonly private?: boolean;
  /** Branches and tags besides `main`, and their files. */
  readonly revisions?: Readonly<Record<string, Readonly<Record<string, Buffer | string>>>>;
  /** What the list says, where that is not the truth. */
  readonly listed?: (entries: readonly TreeEntry[]) => readonly unknown[];
}

export interface TreeEntry {
  readonly type: 'file' | 'directory';
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize: number };
}

/** What a repo has at a revision, with the commit that the files are hashed to. */
export function revisionOf(
  repo: FakeRepo,
  revision: string,
): { readonly commit: string; readonly files: ReadonlyMap<string, Buffer> } | undefined {
  for (const [name, contents] of Object.entries({ main: repo.files, ...repo.revisions })) {
    const files = new Map(
      Object.entries(contents).map(([path, bytes]) => [
        path,
        typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
      ]),
    );
    const hash = createHash('sha1').update(repo.id);
    for (const [path, bytes] of files) hash.update(path).update(sha256(bytes));
    const commit = hash.digest('hex');
    if (revision === name || revision === commit || (revision === 'HEAD' && name === 'main')) {
      return { commit, files };
    }
  }
  return undefined;
}

/** The list of a repo's files as `/tree` has it; large ones, and all weights, are kept by Git LFS. */
export function treeOf(files: ReadonlyMap<string, Buffer>): TreeEntry[] {
  const folders = new Set(
    [...files.keys()].map((path) => path.split('/').slice(0, -1).join('/')).filter(Boolean),
  );
  return [
    ...[...folders].map(
      (path): TreeEntry => ({ type: 'directory', path, size: 0, oid: blobSha1(Buffer.from(path)) }),
    ),
    ...[...files].map(([path, bytes]): TreeEntry => {
      if (!isLarge(path, bytes)) return { type: 'file', path, size: bytes.length, oid: blobSha1(bytes) };
      const pointer = Buffer.from(
        `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(bytes)}\nsize ${bytes.length}\n`,
      );
      const lfs = { oid: sha256(bytes), size: bytes.length, pointerSize: pointer.length };
      return { type: 'file', path, size: bytes.length, oid: blobSha1(pointer), lfs };
    }),
  ];
}

export function isLarge(path: string, bytes: Buffer): boolean {
  return /\.(safetensors|bin|ckpt)$/.test(path) || bytes.length > 1_000_000;
}

const known = new WeakMap<Buffer, string>();

export function sha256(bytes: Buffer): string {
  const hash = known.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
  known.set(bytes, hash);
  return hash;
}

function blobSha1(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
