import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'kiln-tokenizer-'));
// Not at the process's exit: vitest's workers are killed.
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Writes a tokenizer's files to a folder of their own, gone after the file's tests; what is not text becomes JSON. */
export function writeFolder(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(root, 'folder-'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** A vocabulary as hub test checkpoints have it: a few letters, a few merges, everything else unknown. */
export const tiny = {
  vocab: Object.fromEntries(
    [
      ...'lowerstidn',
      ...['lo', 'l</w>', 'w</w>', 'r</w>', 't</w>', 'low</w>', 'er</w>', 'lowest</w>', 'newer</w>', 'wider'],
      ...['<unk>', '<|startoftext|>', '<|endoftext|>'],
    ]
      .filter((token, i, all) => all.indexOf(token) === i)
      .map((token, id) => [token, id]),
  ),
  merges: ['l o', 'lo w</w>', 'e r</w>'],
};

/** A vocabulary and merges as `vocab.json` and `merges.txt`. */
export function asFiles({ vocab, merges }: typeof tiny): Record<string, unknown> {
  return { 'vocab.json': vocab, 'merges.txt': ['#version: 0.2', ...merges, ''].join('\n') };
}

/** A vocabulary and merges as a `tokenizer.json`, the parts as transformers writes them. */
export function asTokenizerJson({ vocab, merges }: typeof tiny, addedTokens: unknown[] = []) {
  return {
    added_tokens: addedTokens,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split' }, { type: 'ByteLevel' }] },
    model: { type: 'BPE', unk_token: '<|endoftext|>', end_of_word_suffix: '</w>', vocab, merges },
  };
}
