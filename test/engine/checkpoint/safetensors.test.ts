import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readHeader, readTensor } from '../../../src/engine/checkpoint/safetensors.js';
import { bits16, f32, rawSafetensors, safetensors } from './safetensorsFile.js';
import { scratchFolder } from './scratch.js';

async function written(bytes: Uint8Array): Promise<string> {
  const file = join(await scratchFolder(), 'model.safetensors');
  await writeFile(file, bytes);
  return file;
}

/** The reason of a refusal, without the name of the file. */
async function refusal(file: string): Promise<string> {
  const error = await readHeader(file).catch((error: unknown) => error);
  expect(error).toMatchObject({ name: 'UserError', code: 'bad-model' });
  return (error as Error).message.replace(`Cannot open ${file}: `, '');
}

describe('a safetensors header', () => {
  test('says where each tensor is', async () => {
    const bytes = safetensors({ 'a.weight': f32([1, 2, 3, 4], [2, 2]), b: bits16('F16', [0x3c00]) });
    const file = await written(bytes);
    const dataStart = 8 + Number(bytes.readBigUInt64LE());
    expect([...(await readHeader(file)).values()]).toEqual([
      { name: 'a.weight', dtype: 'F32', shape: [2, 2], file, offset: dataStart, length: 16 },
      { name: 'b', dtype: 'F16', shape: [1], file, offset: dataStart + 16, length: 2 },
    ]);
  });

  test('may pad with spaces, escape names, hold empty tensors and scalars, and list them out of order', async () => {
    const header =
      ' {"\\u0062\\n":{"data_offsets":[4,8],"shape":[],"dtype":"F32"} ,\n"none":{"dtype":"F32","shape":[0,3],' +
      '"data_offsets":[0,0]}, "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}    ';
    const file = await written(rawSafetensors(header.trimStart(), new Uint8Array(8)));
    expect([...(await readHeader(file)).keys()]).toEqual(['none', 'a', 'b\n']);
  });

  test('may name a tensor as JavaScript names its own things', async () => {
    const file = await written(safetensors({ ['__proto__']: f32([1]), constructor: f32([2]) }));
    const tensors = await readHeader(file);
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(await readTensor(tensors.get('constructor')!)).toEqual(new Float32Array([2]));
  });
});

const entry = (fields: string) => `{"a":{${fields}}}`;
const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';

describe('a hostile header is refused', () => {
  test.each<[what: string, header: string, dataBytes: number, why: RegExp]>([
    ['that is a list', '[]', 0, /^its header is not a JSON object, want/],
    ['cut short', entry(good).slice(0, -1), 8, /has the end at character \d+, want "}"$/],
    ['with more behind its end', `${entry(good)} x`, 8, /has "x" at character \d+, want the end/],
    ['with a name twice', `{"a":{${good}},"a":{${good}}}`, 8, /^its header names "a" twice, want/],
    ['with a name twice, once escaped', `{"a":{${good}},"\\u0061":{${good}}}`, 8, /names "a" twice/],
    ['with a key twice in a tensor', entry(`${good},"dtype":"F32"`), 8, /names "dtype" twice/],
    ['with an unknown key', entry(`${good},"x":1`), 8, /want dtype, shape or data_offsets$/],
    ['without a shape', entry('"dtype":"F32","data_offsets":[0,8]'), 8, /want a tensor with dtype, shape/],
    ['with one offset', entry('"dtype":"F32","shape":[2],"data_offsets":[0]'), 8, /two data_offsets$/],
    ['with three offsets', entry('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'), 8, /at most 2 numbers/],
    ['with a number for metadata', '{"__metadata__":{"a":1}}', 0, /has "1}}" at character 21, want "\\""$/],
    ['with objects in metadata', '{"__metadata__":{"a":{}}}', 0, /want "\\""$/],
    ['with an unknown type', entry(good.replace('F32', 'F33')), 8, /^tensor "a" is of type "F33", want F64,/],
    ['with a type of JavaScript', entry(good.replace('F32', 'toString')), 8, /is of type "toString", want/],
    ['with a negative side', entry(good.replace('[2]', '[-2]')), 8, /has "-2\].* want a whole number/],
    ['with a fractional side', entry(good.replace('[2]', '[2.0]')), 8, /has "\.0\]/],
    ['with a zero in front', entry(good.replace('[2]', '[02]')), 8, /has "02\]/],
    ['with an exponent', entry(good.replace('[2]', '[2e0]')), 8, /has "e0\]/],
    [
      'with a side of 2⁵³',
      entry(good.replace('[2]', '[9007199254740992]')),
      8,
      /want a whole number below 2⁵³/,
    ],
    [
      'with a side of 400 digits',
      entry(good.replace('[2]', `[${'9'.repeat(400)}]`)),
      8,
      /want a whole number/,
    ],
    [
      'with a shape past all numbers',
      entry(good.replace('[2]', '[4294967296,4294967296,4294967296,4294967296]')),
      8,
      /^tensor "a" has 8 bytes, want the 1\.36\d+e\+39 bytes of F32/,
    ],
    ['with too many sides', entry(good.replace('[2]', '[1,1,1,1,1,1,1,1,2]')), 8, /at most 8 numbers/],
    [
      'with too few bytes for its shape',
      entry(good.replace('[2]', '[3]')),
      8,
      /has 8 bytes, want the 12 bytes/,
    ],
    ['with offsets turned round', entry(good.replace('[0,8]', '[8,0]')), 8, /has -8 bytes, want/],
    [
      'with an offset past the end',
      entry(good.replace('[0,8]', '[8,16]')),
      8,
      /begins at byte \d+, want byte/,
    ],
    [
      'with a hole before',
      entry(good.replace('[0,8]', '[4,12]')),
      12,
      /begins at byte \d+, want byte \d+, where/,
    ],
    [
      'with tensors that overlap',
      `{"a":{${good}},"b":{${good.replace('[0,8]', '[4,12]')}}}`,
      12,
      /^tensor "b" begins at byte \d+, want byte/,
    ],
    [
      'with less data than it lists',
      entry(good),
      7,
      /^it is \d+ bytes long, want the \d+ bytes that its header/,
    ],
    ['with more data than it lists', entry(good), 9, /^it is \d+ bytes long, want the/],
    ['with an open string', '{"a', 0, /want a closed string$/],
    ['with a newline in a string', '{"a\n":1}', 0, /want a closed string$/],
    ['with a false escape', '{"\\q":{}}', 0, /want a string of valid escapes$/],
    ['nested a million deep', `{"a":${'['.repeat(1_000_000)}`, 0, /want "\{"$/],
    [
      'with a control character in a name',
      '{"\\u009b2J":{"dtype":"x","shape":[],"data_offsets":[0,0]}}',
      0,
      /^tensor "�2J"/,
    ],
  ])('%s', async (_, header, dataBytes, why) => {
    expect(await refusal(await written(rawSafetensors(header, new Uint8Array(dataBytes))))).toMatch(why);
  });

  test('that is not UTF-8', async () => {
    const file = await written(rawSafetensors(Buffer.from('{"\xff":1}', 'latin1')));
    expect(await refusal(file)).toBe('its header is not UTF-8, want a .safetensors file');
  });

  test('with over 100,000 tensors', async () => {
    const names = Array.from(
      { length: 100_001 },
      (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );
    expect(await refusal(await written(rawSafetensors(`{${names.join()}}`)))).toMatch(
      /over 100000 tensors, want fewer/,
    );
  });
});

describe('a file that is no safetensors is refused', () => {
  const withLength = (length: bigint, text = '{}') => {
    const bytes = rawSafetensors(text);
    bytes.writeBigUInt64LE(length);
    return bytes;
  };
  test.each<[what: string, bytes: Uint8Array, why: RegExp]>([
    ['empty', Buffer.alloc(0), /^it is 0 bytes long, want a .safetensors file$/],
    ['7 bytes', Buffer.alloc(7), /^it is 7 bytes long/],
    ['a length of nothing', withLength(0n), /^its header has the end at character 0/],
    [
      'a length past the end',
      withLength(3n),
      /says it is 3 bytes long, want at most the 2 bytes that follow/,
    ],
    [
      'a length past 100 MB',
      withLength(100_000_001n),
      /says it is 100000001 bytes long, want at most 100000000/,
    ],
    ['a length past 2⁵³', withLength(2n ** 64n - 1n), /want at most 100000000/],
    [
      'a zip of pickles',
      Buffer.from('PK\x03\x04\x14\0\0\0\x08\0archive/data.pkl', 'latin1'),
      /^it is a pickle/,
    ],
    [
      'a bare pickle',
      Buffer.from('\x80\x02}q\0(X\x05\0\0\0state', 'latin1'),
      /^it is a pickle .* can run code/,
    ],
    ['a pickle of protocol 4', Buffer.from('\x80\x04\x95\x10\0\0\0\0\0\0\0}', 'latin1'), /^it is a pickle/],
    [
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      /^it is a Git LFS pointer/,
    ],
    ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), /^it is a web page/],
    ['GGUF', Buffer.from('GGUF\x03\0\0\0\0\0\0\0'), /^it is a GGUF file/],
  ])('%s', async (_, bytes, why) => {
    expect(await refusal(await written(bytes))).toMatch(why);
  });

  test('with a header as long as a pickle begins', async () => {
    // 640 = 0x0280: the length's first bytes are those of a pickle of protocol 2.
    const header = `{"a":{${good}}}`.padEnd(640);
    expect((await readHeader(await written(rawSafetensors(header, new Uint8Array(8))))).size).toBe(1);
  });

  test('of 8 GB of zeros, at once', async () => {
    const file = await written(Buffer.alloc(0));
    await truncate(file, 8e9);
    expect(await refusal(file)).toMatch(/not a JSON object/);
  });

  test.each<[what: string, make: (file: string) => unknown, why: string]>([
    ['a folder', (file) => mkdir(file), 'it is not a file, want a .safetensors file'],
    ['a named pipe', (file) => execFileSync('mkfifo', [file]), 'it is not a file, want a .safetensors file'],
    ['a link to nothing', (file) => symlink('nothing', file), 'there is no such file'],
    ['a link to itself', (file) => symlink(file, file), 'its symbolic links go round in a circle'],
    ['nothing', () => undefined, 'there is no such file'],
  ])('%s', async (_, make, why) => {
    const file = join(await scratchFolder(), 'model.safetensors');
    await make(file);
    expect(await refusal(file)).toBe(why);
  });
});

describe('a tensor is read as float32', () => {
  test.each([
    ['F32', f32([1.5, -2, 2 ** -140])],
    ['F16', bits16('F16', [0x3e00, 0xc000, 0x0001])],
    ['BF16', bits16('BF16', [0x3fc0, 0xc000, 0x0001])],
  ])('from %s', async (dtype, tensor) => {
    const tensors = await readHeader(
      await written(safetensors({ before: f32([7]), it: tensor, after: f32([7]) })),
    );
    const smallest = { F32: 2 ** -140, F16: 2 ** -24, BF16: 2 ** -133 }[dtype]!;
    expect([...(await readTensor(tensors.get('it')!))]).toEqual([1.5, -2, smallest]);
  });

  test('or refused when the file has become shorter', async () => {
    const file = await written(safetensors({ it: f32([1, 2, 3]) }));
    const tensors = await readHeader(file);
    await truncate(file, 100);
    await expect(readTensor(tensors.get('it')!)).rejects.toThrow(/it ends at byte 100, want the bytes/);
  });
});
