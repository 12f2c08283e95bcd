import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOutput } from '../../src/cli/output.js';

const start = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-output-'));
  process.chdir(folder);
});

afterEach(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

const one = { pictures: [{ seed: 7, png: Buffer.from('seven') }] };
const two = {
  pictures: [...one.pictures, { seed: 8, png: Buffer.from('eight') }],
  grid: Buffer.from('grid'),
};

function contents(): Record<string, string> {
  return Object.fromEntries(readdirSync('.').map((name) => [name, readFileSync(name, 'utf8')]));
}

describe('without a name', () => {
  test('a picture is named for its seed', async () => {
    expect(await (await openOutput(undefined)).write(one)).toEqual({ files: ['kiln-7.png'] });
    expect(contents()).toEqual({ 'kiln-7.png': 'seven' });
  });

  test('nothing is ever replaced', async () => {
    writeFileSync('kiln-7.png', 'mine');
    writeFileSync('kiln-7-2.png', 'mine too');
    expect(await (await openOutput(undefined)).write(one)).toEqual({ files: ['kiln-7-3.png'] });
    expect(contents()).toMatchObject({
      'kiln-7.png': 'mine',
      'kiln-7-2.png': 'mine too',
      'kiln-7-3.png': 'seven',
    });
  });

  test('pictures that are done at the same moment get a name each', async () => {
    const outputs = await Promise.all(Array.from({ length: 8 }, () => openOutput(undefined)));
    const written = await Promise.all(outputs.map((output) => output.write(one)));
    expect(new Set(written.flatMap(({ files }) => files)).size).toBe(8);
    expect(Object.values(contents())).toEqual(Array(8).fill('seven'));
  });

  test('several pictures have a grid beside them', async () => {
    const written = await (await openOutput(undefined)).write(two);
    expect(written).toEqual({ files: ['kiln-7.png', 'kiln-8.png'], grid: 'kiln-7-grid.png' });
    expect(contents()).toEqual({ 'kiln-7.png': 'seven', 'kiln-8.png': 'eight', 'kiln-7-grid.png': 'grid' });
  });
});

describe('with a name', () => {
  test.each(['dog.png', 'dog', 'dog.PNG'])('one picture is %s, replacing what was there', async (name) => {
    writeFileSync(name, 'old');
    expect(await (await openOutput(name)).write(one)).toEqual({ files: [name] });
    expect(contents()).toEqual({ [name]: 'seven' });
  });

  test('of several the grid has the name, and the pictures are numbered', async () => {
    const written = await (await openOutput('dog.png')).write(two);
    expect(written).toEqual({ files: ['dog-1.png', 'dog-2.png'], grid: 'dog.png' });
    expect(contents()).toEqual({ 'dog-1.png': 'seven', 'dog-2.png': 'eight', 'dog.png': 'grid' });
  });

  test('a link stays a link, and the file it names is replaced', async () => {
    writeFileSync('real.png', 'old');
    symlinkSync('real.png', 'link.png');
    await (await openOutput('link.png')).write(one);
    expect(readFileSync('real.png', 'utf8')).toBe('seven');
  });
});

describe('refused before anything is drawn', () => {
  test.each([
    ['x'.repeat(300), /: the system says ENAMETOOLONG$/],
    ['none/dog.png', /^Cannot write none\/dog\.png: found no folder none, want one that is there$/],
    [
      '/proc/dog.png',
      /^Cannot write \/proc\/dog\.png: found that folder \/proc takes no files \(\w+\), want/,
    ],
    ['.', /^Cannot write \.: found no file name, want one such as dog\.png$/],
    ['new/', /^Cannot write new\/: found no file name/],
    ['', /^Cannot write "": found no file name/],
    ['dog.jpg', /^Cannot write dog\.jpg: found the ending \.jpg, want \.png$/],
    ['/dev/null', /^Cannot write \/dev\/null: found a device or pipe, want a file$/],
  ])('%j', async (name, message) => {
    await expect(openOutput(name)).rejects.toThrow(message);
    expect(contents()).toEqual({});
  });
});

test('a write that fails leaves nothing behind', async () => {
  const output = await openOutput('dog.png');
  // A folder that came to be there meanwhile cannot be replaced by a file.
  mkdirSync('dog.png');
  writeFileSync('dog.png/inside', '');
  await expect(output.write(one)).rejects.toThrow(/^Cannot write dog\.png: the system says \w+$/);
  expect(readdirSync('.')).toEqual(['dog.png']);
});
