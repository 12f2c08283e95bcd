import { expect, test } from 'vitest';
import { parseSource } from '../../src/hub/source.js';

const endpoint = 'https://huggingface.co';
const repo = (id: string, revision = 'main', file?: string) => ({
  kind: 'repo',
  id,
  revision,
  ...(file && { file }),
});

test.each<[string, object]>([
  ['owner/repo', repo('owner/repo')],
  ['owner/repo@fp16', repo('owner/repo', 'fp16')],
  ['owner/repo@refs/pr/3', repo('owner/repo', 'refs/pr/3')],
  ['owner/repo/x/y.safetensors', repo('owner/repo', 'main', 'x/y.safetensors')],
  ['owner/repo/y.safetensors@v1.0', repo('owner/repo', 'v1.0', 'y.safetensors')],
  ['https://huggingface.co/owner/repo', repo('owner/repo')],
  ['https://huggingface.co/owner/repo/', repo('owner/repo')],
  ['https://huggingface.co/owner/repo/tree/fp16', repo('owner/repo', 'fp16')],
  [
    'https://hf.co/owner/repo/blob/refs%2Fpr%2F1/a.safetensors',
    repo('owner/repo', 'refs/pr/1', 'a.safetensors'),
  ],
  [
    'https://huggingface.co/o/r/resolve/main/a%20b.safetensors?download=true',
    repo('o/r', 'main', 'a b.safetensors'),
  ],
  [
    'https://civitai.com/api/download/models/1?token=x',
    { kind: 'url', address: 'https://civitai.com/api/download/models/1?token=x', host: 'civitai.com' },
  ],
])('%s is understood', (typed, source) => {
  expect(parseSource(typed, endpoint)).toEqual(source);
});

test('an address of a mirror is a repo where the mirror is the hub', () => {
  const mirror = 'https://mirror.example/hf';
  expect(parseSource(`${mirror}/owner/repo/resolve/main/a.safetensors`, mirror)).toEqual(
    repo('owner/repo', 'main', 'a.safetensors'),
  );
  expect(parseSource('https://mirror.example/owner/repo', mirror)).toMatchObject({ kind: 'url' });
});

test.each([
  ...[
    '',
    'repo',
    'a/b@',
    'a/..',
    '../b',
    'a/b@../c',
    'a/b/../../c.safetensors',
    './model',
    '/etc/passwd',
    'a b/c',
  ],
  ...['ftp://x/y.safetensors', 'file:///etc/passwd', 'https://', 'javascript://x', `${'a'.repeat(200)}/b`],
])('%j is refused in one sentence', (typed) => {
  expect(() => parseSource(typed, endpoint)).toThrow(
    /^Cannot pull "[^\n]*": found none of the kind, want OWNER\/REPO, /,
  );
});

test.each(['a/b/old.ckpt', 'https://models.example/x/old.pt?token=secret'])(
  '%s is no safetensors',
  (typed) => {
    expect(() => parseSource(typed, endpoint)).toThrow(
      /^Cannot pull "[^?]*": found a \.\w+ file, want a \.safetensors file$/,
    );
  },
);
