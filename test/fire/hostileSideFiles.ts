import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { safetensors, type TensorBytes } from '../engine/checkpoint/safetensorsFile.js';
import { weightAttacks } from './hostileWeights.js';
import { createRandom, type Random } from './random.js';

type Tensors = Record<string, TensorBytes>;

/** Each spoils, or only bends, a LoRA or an embedding whose header stays true. */
const bends: Record<string, (tensors: Tensors, random: Random) => unknown> = {
  'a tensor left out': (tensors, random) => delete tensors[random.pick(Object.keys(tensors))],
  'all but one left out': (tensors, random) => {
    const kept = random.pick(Object.keys(tensors));
    for (const name of Object.keys(tensors)) if (name !== kept) delete tensors[name];
  },
  'nothing left': (tensors) => {
    for (const name of Object.keys(tensors)) delete tensors[name];
  },
  'sides swapped': (tensors, random) =>
    change(tensors, random, ({ shape }) => ({ shape: shape.toReversed() })),
  'sides joined': (tensors, random) =>
    change(tensors, random, ({ shape }) => ({ shape: [shape.reduce((a, b) => a * b, 1)] })),
  'more sides': (tensors, random) =>
    change(tensors, random, ({ shape }) => ({
      shape: random.pick([
        [1, ...shape],
        [...shape, 1],
        [1, 1, 1, ...shape],
      ]),
    })),
  'no numbers in it': (tensors, random) =>
    change(tensors, random, () => ({
      shape: random.pick([[0], [0, 4], [4, 0], [0, 0, 3, 3]]),
      bytes: new Uint8Array(),
    })),
  'a number of its own': (tensors, random) =>
    change(tensors, random, () => ({
      shape: random.pick([[], [1], [1, 1]]),
      dtype: 'F32',
      bytes: floats([random.below(9)]),
    })),
  'another type of number': (tensors, random) =>
    change(tensors, random, ({ bytes }) => {
      const [dtype, size] = random.pick([
        ['F64', 8],
        ['I64', 8],
        ['F8_E4M3', 1],
        ['U8', 1],
        ['BOOL', 1],
        ['I16', 2],
        ['BF16', 2],
      ] as const);
      return {
        dtype,
        shape: [Math.floor(bytes.length / size)],
        bytes: bytes.subarray(0, bytes.length - (bytes.length % size)),
      };
    }),
  'a type of number that lies': (tensors, random) =>
    change(
      tensors,
      random,
      ({ dtype }) => ({ dtype: dtype === 'F16' ? 'BF16' : 'F16' }),
      ({ dtype }) => dtype !== 'F32',
    ),
  'far too large numbers': (tensors, random) =>
    change(tensors, random, ({ shape }) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return { dtype: 'F32', bytes: floats(Array(count).fill(random.pick([3e38, -3e38, 1e30, 1e-38, 0]))) };
    }),
  'NaN or infinity': (tensors, random) =>
    change(tensors, random, ({ shape }) => {
      const numbers: number[] = Array(shape.reduce((a, b) => a * b, 1)).fill(1);
      numbers[random.below(numbers.length)] = random.pick([Number.NaN, Number.POSITIVE_INFINITY]);
      return { dtype: 'F32', bytes: floats(numbers) };
    }),
  'an alpha that is none': (tensors, random) => {
    const module = random.pick(Object.keys(tensors)).replace(/\.[^.]+(\.weight)?$/, '');
    const [dtype, bytes] = random.pick([
      ['F32', floats([Number.NaN])],
      ['F32', floats([1e38])],
      ['F64', new Uint8Array(Float64Array.of(Number.NEGATIVE_INFINITY).buffer)],
      ['I64', new Uint8Array(BigInt64Array.of(-(2n ** 62n)).buffer)],
      ['U8', Uint8Array.of(1)],
    ] as const);
    tensors[`${module}.alpha`] = { dtype, shape: [], bytes };
  },
  'two kinds at once': (tensors, random) => {
    const name = random.pick(Object.keys(tensors));
    const module = name.replace(/\.[^.]+(\.weight)?$/, '');
    const end = random.pick([
      'hada_w1_a',
      'lokr_w1',
      'lokr_t2',
      'diff',
      'lora_mid.weight',
      'dora_scale',
      'lora_up.bias',
    ]);
    tensors[`${module}.${end}`] = tensors[name]!;
  },
  'one tensor under two names': (tensors, random) => {
    const name = random.pick(Object.keys(tensors));
    tensors[name.replace(/lora_down|lora_A/, 'lora.down').replace(/^lora_unet_/, 'unet.')] ??= tensors[name]!;
  },
  'a name that is out to hurt': (tensors, random) => {
    const name = random.pick(Object.keys(tensors));
    const wanted = random.pick([
      '__proto__',
      'constructor',
      '',
      '\u001b[2J.lora_down.weight',
      `${'x'.repeat(100_000)}.lora_up.weight`,
      `lora_unet_${'_'.repeat(5000)}.alpha`,
      `unet.${'a.'.repeat(5000)}lora_A.weight`,
      'lora_unet_\u202econv_in.lora_down.weight',
    ]);
    const tensor = tensors[name]!;
    delete tensors[name];
    Object.defineProperty(tensors, wanted, {
      value: tensor,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  },
  'a rank past all sense': (tensors, random) => {
    const rank = 5000 + random.below(20_000);
    const zeros = (shape: number[]) => ({
      dtype: 'F16',
      shape,
      bytes: new Uint8Array(2 * shape.reduce((a, b) => a * b, 1)),
    });
    tensors['lora_unet_conv_in.lora_down.weight'] = zeros([rank, 4, 3, 3]);
    tensors['lora_unet_conv_in.lora_up.weight'] = zeros([32, rank, 1, 1]);
  },
};

function change(
  tensors: Tensors,
  random: Random,
  how: (tensor: TensorBytes) => Partial<TensorBytes>,
  fits: (tensor: TensorBytes) => boolean = () => true,
): void {
  const names = Object.keys(tensors).filter((name) => fits(tensors[name]!));
  if (names.length === 0) return;
  const name = random.pick(names);
  tensors[name] = { ...tensors[name]!, ...how(tensors[name]!) };
}

function floats(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(numbers).buffer);
}

async function read(file: string): Promise<Tensors> {
  const bytes = await readFile(file);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  delete header.__metadata__;
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, bytes: bytes.subarray(start + from, start + to) }],
    ),
  );
}

/**
 * Makes a hostile LoRA or embedding out of a good one. Of every three, one has a spoilt file, two a true header over
 * tensors that are not what they should be.
 *
 * @param folder to be made; the file is `unet/it.safetensors` in it
 * @returns what was done to it
 */
export async function makeHostileSideFile(
  seed: number,
  good: readonly string[],
  folder: string,
): Promise<string> {
  const random = createRandom(seed);
  const source = random.pick(good);
  await mkdir(join(folder, 'unet'), { recursive: true });
  const file = join(folder, 'unet', 'it.safetensors');
  if (random.below(3) === 0) {
    await writeFile(file, await readFile(source));
    const name = random.pick(Object.keys(weightAttacks));
    await weightAttacks[name]!(random, folder);
    return `${seed}: ${name}`;
  }
  const tensors = await read(source);
  const names = Array.from({ length: 1 + random.below(2) }, () => random.pick(Object.keys(bends)));
  for (const name of names) if (Object.keys(tensors).length > 0) bends[name]!(tensors, random);
  await writeFile(file, safetensors(tensors));
  return `${seed}: ${names.join(', ')} in ${source.split('/').at(-1)}`;
}
