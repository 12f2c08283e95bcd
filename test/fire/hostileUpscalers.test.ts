import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openPipeline } from '../../src/engine/pipeline.js';
import { UserError } from '../../src/errors.js';
import type { Picture } from '../../src/job.js';
import { rawSafetensors } from '../engine/checkpoint/safetensorsFile.js';
import { recordedUpscalers, writeUpscaler } from '../fixtures/upscalers.js';
import { fireCount } from './count.js';
import { createRandom, type Random } from './random.js';

const scratch = await mkdtemp(join(tmpdir(), 'kiln-hostile-upscalers-'));
afterAll(() => rm(scratch, { recursive: true }));

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** Lies that a header can tell and still be one that safetensors takes: each leaves all bytes in their places. */
const lies: Readonly<Record<string, (header: Header, random: Random) => void>> = {
  'another name': (header, random) => rename(header, random, (name) => `${name}x`),
  'another number': (header, random) => rename(header, random, (name) => name.replace(/\d+/, '99999999')),
  'a place below zero': (header, random) => rename(header, random, (name) => name.replace(/\d+/, '-1')),
  'a name of a prototype': (header, random) => rename(header, random, () => '__proto__.weight'),
  'shapes turned round': (header, random) => void header[random.pick(Object.keys(header))]!.shape.reverse(),
  'one long row': (header, random) => {
    const entry = header[random.pick(Object.keys(header))]!;
    entry.shape = [entry.shape.reduce((product, side) => product * side, 1)];
  },
  'another layer of 3×3 pixels': (header, random) => {
    const entry =
      header[random.pick(Object.keys(header).filter((name) => header[name]!.shape.length === 4))]!;
    const [out, from] = entry.shape as [number, number];
    entry.shape = [from, out, ...entry.shape.slice(2)];
  },
  'halves for singles': (header, random) => {
    const entry = header[random.pick(Object.keys(header))]!;
    if (entry.dtype === 'F32') Object.assign(entry, { dtype: 'F16', shape: [2, ...entry.shape] });
  },
  'whole numbers': (header, random) => {
    const entry = header[random.pick(Object.keys(header))]!;
    entry.dtype = entry.dtype === 'F32' ? 'I32' : 'I16';
  },
};

test(`${fireCount} lying upscalers are each refused clearly, or enlarge`, async () => {
  const wrong: string[] = [];
  let refused = 0;
  for (let seed = 0; seed < fireCount; seed++) {
    const random = createRandom(seed);
    const { name } = random.pick(recordedUpscalers);
    const lie = random.pick(Object.keys(lies));
    const file = await lyingFile(name, lie, random, seed);
    const result = await enlarge(file).catch((error: unknown) => error);
    if (result instanceof UserError) refused += 1;
    const clear =
      result instanceof UserError
        ? /^Cannot (open|build) [^\n]{1,500}$/.test(result.message)
        : !(result instanceof Error) && (result as Picture).pixels.data.length > 0;
    if (!clear) wrong.push(`${name}, ${lie}: ${result instanceof Error ? result.stack : 'nothing came out'}`);
  }
  console.log(`${refused} of ${fireCount} refused`);
  expect(wrong).toEqual([]);
  expect(refused).toBeGreaterThan(fireCount / 2);
}, 600_000);

async function lyingFile(name: string, lie: string, random: Random, seed: number): Promise<string> {
  const bytes = await readFile(await writeUpscaler(name, join(scratch, 'good')));
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__, ...header } = JSON.parse(bytes.toString('utf8', 8, dataStart));
  lies[lie]!(header, random);
  const file = join(scratch, `${seed}.safetensors`);
  await writeFile(
    file,
    rawSafetensors(JSON.stringify({ __metadata__, ...header }), bytes.subarray(dataStart)),
  );
  return file;
}

async function enlarge(model: string): Promise<Picture> {
  const pipeline = await openPipeline({
    model,
    device: 'cpu',
    cacheFolder: join(scratch, 'cache'),
    threads: 1,
  });
  try {
    const init = { width: 8, height: 8, data: new Uint8Array(192).fill(99) };
    return await pipeline.draw(
      { prompt: '', init },
      { signal: new AbortController().signal, preview: false },
    );
  } finally {
    await pipeline.close();
  }
}

function rename(header: Header, random: Random, change: (name: string) => string): void {
  const name = random.pick(Object.keys(header));
  const entry = header[name]!;
  delete header[name];
  header[change(name)] = entry;
}
