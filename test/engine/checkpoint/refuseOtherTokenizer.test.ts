import { expect, test } from 'vitest';
import { BertConfig } from '../../../src/engine/checkpoint/config/bert.js';
import { ClipTextConfig } from '../../../src/engine/checkpoint/config/clipText.js';
import type { TextEncoder } from '../../../src/engine/checkpoint/folder.js';
import { refuseOtherTokenizer } from '../../../src/engine/checkpoint/refuseOtherTokenizer.js';

const folders = {
  folder: '/m/text_encoder',
  tokenizerFolder: '/m/tokenizer',
  weights: () => Promise.reject(),
};
const clip: TextEncoder = { ...folders, kind: 'clip', projection: false, config: ClipTextConfig.parse({}) };
const bert: TextEncoder = { ...folders, kind: 'bert', config: BertConfig.parse({}) };

test.each<[what: string, encoder: TextEncoder, tokenizer: { size: number; window: number }, why: string]>([
  [
    'with more words',
    clip,
    { size: 49_409, window: 77 },
    'its ids go up to 49408, want below 49408, as its text encoder has',
  ],
  [
    'with longer prompts',
    clip,
    { size: 49_408, window: 99 },
    'its prompts have 99 tokens, want the 77 that its text encoder takes',
  ],
  [
    'with shorter prompts',
    clip,
    { size: 49_408, window: 20 },
    'its prompts have 20 tokens, want the 77 that its text encoder takes',
  ],
  [
    'with more words, for BERT',
    bert,
    { size: 30_523, window: 24 },
    'its ids go up to 30522, want below 30522, as its text encoder has',
  ],
])('a tokenizer %s is refused', (_, encoder, tokenizer, why) => {
  expect(() => refuseOtherTokenizer(encoder, tokenizer)).toThrow(`Cannot open /m/tokenizer: ${why}`);
});

test.each([
  ['of just these words', clip, { size: 49_408, window: 77 }],
  ['of fewer words', clip, { size: 600, window: 77 }],
  ['whose BERT takes longer prompts', bert, { size: 30_522, window: 24 }],
])('a tokenizer %s fits', (_, encoder, tokenizer) => {
  expect(() => refuseOtherTokenizer(encoder, tokenizer)).not.toThrow();
});
