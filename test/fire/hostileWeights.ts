import { cp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Attack, decoys } from './attack.js';
import type { Random } from './random.js';

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: number[];
}

/** One of the weight files of a checkpoint, or of one of its components, whatever its family calls them. */
async function weightFile(random: Random, folder: string, component = ''): Promise<string> {
  const files = await readdir(join(folder, component), { recursive: true });
  return join(folder, component, random.pick(files.filter((file) => file.endsWith('.safetensors')).sort()));
}

/** What the header of a weights file says, and where its data begins. */
export async function readHeader(
  file: string,
): Promise<{ header: Record<string, HeaderEntry>; data: Uint8Array }> {
  const bytes = await readFile(file);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, end)) as Record<string, HeaderEntry>;
  delete header.__metadata__;
  return { header, data: bytes.subarray(end) };
}

/** Writes a header piece by piece: what making a case takes counts against the 1 GB too. */
export async function writeSafetensors(
  file: string,
  header: Iterable<string | Uint8Array>,
  data?: Uint8Array,
): Promise<void> {
  await rm(file);
  const handle = await open(file, 'w');
  const length = Buffer.alloc(8);
  await handle.write(length);
  for (const piece of header) await handle.writeFile(piece);
  length.writeBigUInt64LE(BigInt((await handle.stat()).size - 8));
  if (data) await handle.writeFile(data);
  await handle.write(length, 0, 8, 0);
  await handle.close();
}

function* manyTensors(name: string): Generator<string> {
  const entry = (i: number) => `"${name}${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`;
  yield '{';
  for (let i = 0; i < 1e6; i += 1000) {
    yield `${Array.from({ length: 1000 }, (_, j) => entry(i + j)).join()},`;
  }
  yield `${entry(1e6)}}`;
}

/** Each makes one entry of a header a lie; `other` is another entry. */
const lies: ((
  entry: Record<string, unknown> & HeaderEntry,
  other: HeaderEntry,
  random: Random,
) => unknown)[] = [
  (entry, other) => (entry.data_offsets = other.data_offsets.map((offset) => offset + 2)),
  (entry) => entry.data_offsets.reverse(),
  (entry) => entry.data_offsets.push(0),
  (entry) => entry.data_offsets.pop(),
  (entry) => (entry.data_offsets = [-2, entry.data_offsets[1]!]),
  (entry) => (entry.data_offsets = entry.data_offsets.map((offset) => offset + 0.5)),
  (entry) => (entry.data_offsets = entry.data_offsets.map((offset) => offset + 2 ** 52)),
  (entry) => (entry.data_offsets = [1e300, 1e301]),
  (entry) => (entry.shape = [...entry.shape, 2]),
  (entry) => (entry.shape = [-1, ...entry.shape]),
  (entry) => (entry.shape = [2 ** 32, 2 ** 32, 2 ** 32]),
  (entry) => (entry.shape = [0.5]),
  (entry, _, random) => (entry.shape = Array(1e6).fill(1 + random.below(2))),
  (entry, _, random) => (entry.dtype = random.pick(['F33', '', 'f32', '__proto__', 'x'.repeat(1e6)])),
  (entry) => (entry.dtype = entry.dtype === 'F32' ? 'F16' : 'F32'),
  (entry) => Object.assign(entry, { dtype: 32 }),
  (entry) => Object.assign(entry, { shape: null }),
  (entry) => Object.assign(entry, { shape: {} }),
  (entry) => Object.assign(entry, { extra: 1 }),
  (entry) => delete (entry as Partial<HeaderEntry>).dtype,
  (entry) => delete (entry as Partial<HeaderEntry>).data_offsets,
];

const bareStarts = [
  'PK\x03\x04\x14\0\0\0\0\0',
  '\x80\x02}q\0(X\x0a\0\0\0state_dict',
  '\x80\x04\x95\x1c\0\0\0\0\0\0\0\x8c\x05posix\x94',
  'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4265146304\n',
  '<!DOCTYPE html><html><body>Not found</body></html>',
  'GGUF\x03\0\0\0',
  '{"not": "safetensors"}',
];

const maps: unknown[] = [
  {},
  [],
  null,
  { a: '../unet/diffusion_pytorch_model.safetensors' },
  { a: '/etc/passwd' },
  { a: 'gone.safetensors' },
  { a: 'model.bin' },
  { a: 5 },
  { nowhere: 'shard.safetensors' },
  Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`t${i}`, `${i}.safetensors`])),
];

/** Attacks on the weights of a checkpoint, one kind a line. */
export const weightAttacks: Record<string, Attack> = {
  'weights cut off': async (random, folder) => {
    const file = await weightFile(random, folder);
    await truncate(file, random.below((await readFile(file)).length));
  },
  'weights with more behind them': async (random, folder) => {
    await writeFile(await weightFile(random, folder), random.bytes(1 + random.below(100)), {
      flag: 'a',
    });
  },
  'a header length that lies': async (random, folder) => {
    const bytes = Buffer.alloc(8);
    const lengths = [
      0n,
      1n,
      2n,
      7n,
      2n ** 31n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n - 1n,
      100_000_001n,
      99_999_999n,
    ];
    bytes.writeBigUInt64LE(random.pick(lengths));
    const handle = await open(await weightFile(random, folder), 'r+');
    await handle.write(bytes, 0, 8, 0);
    await handle.close();
  },
  'a header of 90 MB of next to nothing': async (random, folder) => {
    const spaces: Uint8Array[] = Array(90).fill(Buffer.alloc(1e6, ' '));
    const last = random.pick(['x', ']', '"', '{']);
    await writeSafetensors(await weightFile(random, folder), ['{', ...spaces, last]);
  },
  'a header that is a JSON bomb': async (random, folder) => {
    const start = random.pick(['{"a":', '{"__metadata__":', '{"', '{']);
    const piece = random.pick(['{"a":', '[', '[[],', '{"a":{},', '"', '\\', '"a":"\\u0061",', ',', ':']);
    const pieces: string[] = Array(50).fill(piece.repeat(1e6 / piece.length));
    await writeSafetensors(await weightFile(random, folder), [start, ...pieces]);
  },
  'a header of a million tensors': async (random, folder) => {
    const file = await weightFile(random, folder);
    const name = random.pick(['t', 'a.long.name.of.a.tensor.', '\\u0000']);
    await writeSafetensors(file, manyTensors(name));
  },
  'a header that is not text': async (random, folder) => {
    await writeSafetensors(await weightFile(random, folder), ['{"', random.bytes(2000)]);
  },
  'a header with one digit changed': async (random, folder) => {
    const file = await weightFile(random, folder);
    const bytes = await readFile(file);
    const text = bytes.toString('latin1', 0, 8 + Number(bytes.readBigUInt64LE()));
    const numbers = [...text.matchAll(/(?:shape|data_offsets)":\s*\[([\d, ]+)\]/g)];
    const { 0: match, index } = random.pick(numbers);
    const digits = [...match.matchAll(/\d/g)].map((digit) => index + digit.index);
    const at = random.pick(digits);
    bytes[at] = 0x30 + ((bytes[at]! - 0x30 + 1 + random.below(9)) % 10);
    await rm(file);
    await writeFile(file, bytes);
  },
  'a header with one tensor that lies': async (random, folder) => {
    const file = await weightFile(random, folder);
    const { header, data } = await readHeader(file);
    const [one, other] = [random.pick(Object.keys(header)), random.pick(Object.keys(header))];
    random.pick(lies)(header[one] as never, header[other]!, random);
    await writeSafetensors(file, [JSON.stringify(header)], data);
  },
  'a tensor under another name': async (random, folder) => {
    const file = await weightFile(random, folder, 'unet');
    const { header, data } = await readHeader(file);
    const lost = random.pick(Object.keys(header));
    const entries = Object.entries(header).map(([name, entry]) => [
      name === lost ? `${name}.x` : name,
      entry,
    ]);
    await writeSafetensors(file, [JSON.stringify(Object.fromEntries(entries))], data);
  },
  'a tensor of another shape': async (random, folder) => {
    const file = await weightFile(random, folder, 'unet');
    const { header, data } = await readHeader(file);
    const entry = header[random.pick(Object.keys(header))]!;
    const count = entry.shape.reduce((product, side) => product * side, 1);
    entry.shape = random.pick([
      [...entry.shape, 1],
      [1, ...entry.shape],
      [count, 1, 1],
      [1, 1, 1, 1, count],
    ]);
    await writeSafetensors(file, [JSON.stringify(header)], data);
  },
  'a header with a name twice': async (random, folder) => {
    const file = await weightFile(random, folder);
    const { header, data } = await readHeader(file);
    const [name, entry] = random.pick(Object.entries(header));
    const twice = `${JSON.stringify(header).slice(0, -1)},${JSON.stringify({ [name]: entry }).slice(1)}`;
    await writeSafetensors(file, [twice], data);
  },
  'NaN or infinity in a tensor': async (random, folder) => {
    const file = await weightFile(random, folder);
    const { header, data } = await readHeader(file);
    const floats = Object.values(header).filter(({ dtype, shape }) => /F/.test(dtype) && !shape.includes(0));
    const { dtype, data_offsets } = random.pick(floats);
    const size = dtype === 'F32' ? 4 : 2;
    const exponent = { F32: [0x80, 0x7f], F16: [0x00, 0x7c], BF16: [0x80, 0x7f] }[dtype]!;
    const element = random.below((data_offsets[1]! - data_offsets[0]!) / size);
    const at = data_offsets[0]! + (element + 1) * size - 2;
    data.set([exponent[0]! | random.below(4), exponent[1]! | (random.below(2) << 7)], at);
    await writeSafetensors(file, [JSON.stringify(header)], data);
  },
  'weights that are something else': async (random, folder) => {
    const file = await weightFile(random, folder);
    const start = Buffer.from(random.pick(bareStarts), 'latin1');
    await rm(file);
    await writeFile(file, Buffer.concat([start, random.bytes(random.below(3000))]));
  },
  'weights of random bytes': async (random, folder) => {
    const file = await weightFile(random, folder);
    await rm(file);
    await writeFile(file, random.bytes(random.below(20_000)));
  },
  'weights packed with gzip': async (random, folder) => {
    const file = await weightFile(random, folder);
    const packed = gzipSync(await readFile(file), { level: 1 });
    await rm(file);
    await writeFile(file, packed);
  },
  'weights in a pickle': async (random, folder) => {
    const file = await weightFile(random, folder);
    await rm(file);
    const name = random.pick(['.bin', '.ckpt', '.pt']);
    await writeFile(file.replace('.safetensors', name), Buffer.from('PK\x03\x04', 'latin1'));
  },
  'weights that are no file': async (random, folder) => {
    const file = await weightFile(random, folder);
    await rm(file);
    await random.pick(decoys)(file);
  },
  'weights of up to 1 TB of zeros': async (random, folder) => {
    const file = await weightFile(random, folder);
    await truncate(file, 0);
    await truncate(file, 1 + random.below(1e12));
  },
  'an index that lies': async (random, folder) => {
    const file = await weightFile(random, folder);
    const component = dirname(file);
    const others = (await readdir(component)).filter((name) => /\.safetensors/.test(name));
    await cp(file, join(component, 'shard.safetensors'));
    for (const name of others) await rm(join(component, name));
    const map = JSON.stringify({ weight_map: random.pick(maps) });
    await writeFile(join(component, 'model.safetensors.index.json'), map);
  },
};
