import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findModels, modelFolder } from '../../src/cli/models.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-models-'));
  for (const name of ['one/dog', 'one/empty', 'two/dog', 'two/cat', 'two/sprite']) {
    mkdirSync(join(folder, name), { recursive: true });
    if (!name.endsWith('empty')) writeFileSync(join(folder, name, 'model_index.json'), '{}');
  }
  for (const file of ['one/notes.txt', 'one/ink.safetensors', 'one/ink.vae.safetensors', 'one/old.ckpt'])
    writeFileSync(join(folder, file), '');
  for (const file of ['two/ink.safetensors', 'two/.hidden.safetensors'])
    writeFileSync(join(folder, file), '');
  mkdirSync(join(folder, 'two', 'odd.safetensors'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const folders = () => [join(folder, 'one'), join(folder, 'two'), join(folder, 'none')];

test('the built-in model is known without any folder', () => {
  expect(findModels([])).toEqual([
    { name: 'sprite', folder: expect.stringMatching(/assets.models.sprite$/) },
  ]);
});

test('folders with a model_index.json and .safetensors files are models, and of two with one name the first counts', () => {
  expect(findModels(folders())).toEqual([
    { name: 'cat', folder: join(folder, 'two', 'cat') },
    { name: 'dog', folder: join(folder, 'one', 'dog') },
    { name: 'ink', folder: join(folder, 'one', 'ink.safetensors') },
    { name: 'sprite', folder: join(folder, 'two', 'sprite') },
  ]);
});

test('a model is opened by name, by folder or by file', () => {
  expect(modelFolder('ink', folders())).toBe(join(folder, 'one', 'ink.safetensors'));
  expect(modelFolder(join(folder, 'two', 'ink.safetensors'), [])).toBe(
    join(folder, 'two', 'ink.safetensors'),
  );
  expect(modelFolder('dog', folders())).toBe(join(folder, 'one', 'dog'));
  expect(modelFolder(join(folder, 'two', 'dog'), [])).toBe(join(folder, 'two', 'dog'));
  expect(modelFolder('sprite', [])).toMatch(/assets.models.sprite$/);
});

test.each([
  ['nope', /^Cannot open model nope: found none of that name, want one of sprite, or a folder or file$/],
  ['./no/such', /^Cannot open model \.\/no\/such: found no such folder or file, want/],
  ['no.safetensors', /^Cannot open model no\.safetensors: found no such folder or file, want/],
  [
    'package.json',
    /^Cannot open model package\.json: found a file, want a folder in diffusers' layout or a \.safetensors file$/,
  ],
  ['src', /^Cannot open model src: found a folder without model_index\.json, want/],
  ['', /^Cannot open model : found none of that name/],
])('%j is refused in one sentence', (name, message) => {
  expect(() => modelFolder(name, [])).toThrow(message);
});
