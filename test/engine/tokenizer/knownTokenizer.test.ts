import { cpSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TextEncoder } from '../../../src/engine/checkpoint/folder.js';
import { knownTokenizer } from '../../../src/engine/tokenizer/knownTokenizer.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';

/** A text encoder with the built-in model's tokenizer, in a folder of its own. */
function encoder() {
  const folder = temporaryFolder();
  const tokenizerFolder = join(folder, 'tokenizer');
  cpSync('assets/models/sprite/tokenizer', tokenizerFolder, { recursive: true });
  const config = { vocab_size: 30_522, max_position_embeddings: 512 };
  const vocabulary = join(tokenizerFolder, 'tokenizer.json');
  utimesSync(vocabulary, 1000, 1000);
  return {
    text: { kind: 'bert', tokenizerFolder, config } as TextEncoder,
    cache: join(folder, 'cache'),
    vocabulary,
  };
}

/** Breaks a file so that nobody who does not read it can tell. */
function breakUnseen(file: string): void {
  const bytes = readFileSync(file);
  bytes[0] = 0x21;
  writeFileSync(file, bytes);
  utimesSync(file, 1000, 1000);
}

describe("a text encoder's tokenizer", () => {
  test('is what its files say, the first time and when they are known', async () => {
    const { text, cache } = encoder();
    for (let time = 0; time < 2; time++) {
      const tokenizer = await (await knownTokenizer(text, cache))();
      expect(tokenizer.encode('a red heart')).toEqual([101, 1037, 2417, 2540, 102]);
    }
  });

  test('is refused at once when its files were not seen before', async () => {
    const { text, cache, vocabulary } = encoder();
    breakUnseen(vocabulary);
    await expect(knownTokenizer(text, cache)).rejects.toThrow('tokenizer.json');
  });

  test('of known files is read with the first prompt, and once', async () => {
    const { text, cache, vocabulary } = encoder();
    await knownTokenizer(text, cache);
    const before = readFileSync(vocabulary);
    breakUnseen(vocabulary);
    const lazy = await knownTokenizer(text, cache);
    await expect(lazy()).rejects.toThrow('tokenizer.json');
    writeFileSync(vocabulary, before);
    expect(await lazy()).toBe(await lazy());
  });

  test('is read again when a file was changed since', async () => {
    const { text, cache, vocabulary } = encoder();
    await knownTokenizer(text, cache);
    breakUnseen(vocabulary);
    utimesSync(vocabulary, 1001, 1001);
    await expect(knownTokenizer(text, cache)).rejects.toThrow('tokenizer.json');
  });

  test("is refused when it is not its encoder's, however well its files are known", async () => {
    const { text, cache } = encoder();
    await knownTokenizer(text, cache);
    const other = { ...text, config: { ...text.config, vocab_size: 100 } } as TextEncoder;
    await expect(knownTokenizer(other, cache)).rejects.toThrow('below 100, as its text encoder has');
    await expect(knownTokenizer(other, cache)).rejects.toThrow('below 100, as its text encoder has');
  });
});
