import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { singleFile } from '../fixtures/singleFile.js';
import type { Attack } from './attack.js';
import { readHeader, weightAttacks, writeSafetensors } from './hostileWeights.js';
import { createRandom, type Random } from './random.js';

/** Checkpoints in one file, of every layout and float type. */
export const families = ['single-sd1', 'single-sd2v', 'single-sdxl', 'single-ssd'];

type Header = Awaited<ReturnType<typeof readHeader>>['header'];

const at = (folder: string) => join(folder, 'dreamy.safetensors');
/** A network of which a first picture needs every tensor, so that one that is gone or wrong cannot stay unseen. */
const needed = /^(model\.diffusion_model|cond_stage_model|conditioner|first_stage_model\.decoder)\./;
/** LDM keeps what a picture does not need: the encoder's projection, where there are states alone. */
const spare = /(cond_stage_model\.model\.|embedders\.0\.model\.)text_projection$/;

/** Rewrites the header, and leaves the data as it is. */
const onHeader =
  (change: (header: Header, random: Random) => void): Attack =>
  async (random, folder) => {
    const { header, data } = await readHeader(at(folder));
    change(header, random);
    await writeSafetensors(at(folder), [JSON.stringify(header)], data);
  };

const pickNeeded = (header: Header, random: Random, pattern = needed) =>
  random.pick(Object.keys(header).filter((name) => pattern.test(name) && !spare.test(name)));

function rename(header: Header, change: (name: string) => string): void {
  for (const [name, entry] of Object.entries(header)) {
    delete header[name];
    header[change(name)] = entry;
  }
}

/** What is spoilt must have a fault that a picture shows, whatever else is done. */
function lose(header: Header, lost: string): void {
  rename(header, (name) => (name === lost ? `x.${name}` : name));
}

/** Entries without data: as many as one likes cost nothing. */
function addEmpty(header: Header, names: Iterable<string>): void {
  for (const name of names) header[name] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
}

function* numbered(count: number, name: (i: number) => string): Generator<string> {
  for (let i = 0; i < count; i++) yield name(i);
}

const sidecars = [
  '[]',
  '{',
  '{"prediction_type":"x"}',
  '{"image_size":1e9}',
  '{"scheduler":{"_class_name":"X"}}',
  '"',
];

/** What can be wrong with a file that holds all networks, and with what lies beside it. */
const ownAttacks: Record<string, Attack> = {
  'a tensor under another name': onHeader((header, random) => lose(header, pickNeeded(header, random))),
  'a tensor of another shape': onHeader((header, random) => {
    const entry = header[pickNeeded(header, random)]!;
    const count = entry.shape.reduce((product, side) => product * side, 1);
    entry.shape = random.pick([
      [...entry.shape, 1, 1, 1],
      [1, 1, 1, ...entry.shape],
      [1, 1, 1, 1, count],
    ]);
  }),
  'no network of one kind': onHeader((header, random) => {
    const gone = random.pick(['model.diffusion_model.', 'cond', 'first_stage_model.']);
    rename(header, (name) => (name.startsWith(gone) ? `gone.${name}` : name));
  }),
  'one encoder for another': onHeader((header) => {
    rename(header, (name) =>
      name
        .replace('cond_stage_model.transformer.', 'conditioner.embedders.0.transformer.')
        .replace('cond_stage_model.model.', 'conditioner.embedders.0.model.')
        .replace('embedders.1.', 'embedders.2.'),
    );
  }),
  'a gap in the blocks': onHeader((header, random) => {
    const way = random.pick(['input_blocks', 'output_blocks']);
    rename(header, (name) => name.replace(`${way}.2.`, `${way}.90.`));
  }),
  'no down- or upsampler': onHeader((header, random) => {
    const sampler = random.pick([/input_blocks\.\d+\.0\.op\./, /output_blocks\.\d+\.[12]\.conv\./]);
    rename(header, (name) => (sampler.test(name) ? `gone.${name}` : name));
  }),
  'attention behind some resnets': onHeader((header) => {
    rename(header, (name) =>
      name.replace(/output_blocks\.(1|3)\.1\.transformer_blocks/, 'output_blocks.$1.1.gone'),
    );
  }),
  'a hundred thousand blocks': onHeader((header, random) => {
    const name = random.pick([
      (i: number) => `model.diffusion_model.input_blocks.${i + 7}.0.op.weight`,
      (i: number) => `model.diffusion_model.input_blocks.${i + 4}.0.in_layers.2.weight`,
      (i: number) => `model.diffusion_model.middle_block.1.transformer_blocks.${i + 1}.norm1.weight`,
      (i: number) => `cond_stage_model.transformer.text_model.encoder.layers.${i + 2}.layer_norm1.weight`,
      (i: number) => `first_stage_model.decoder.up.${i + 4}.block.0.conv1.weight`,
    ]);
    const prefix = random.pick(['', 'x']);
    // What is added may be of an encoder that this file has none of.
    const lost = pickNeeded(header, random);
    addEmpty(
      header,
      numbered(99_000, (i) => `${prefix}${name(i)}`),
    );
    addEmpty(header, ['x.y']);
    // Where it changed nothing that a picture needs, the file has to be refused for something else.
    lose(header, lost);
  }),
  'words of its own': async (random, folder) => {
    const { header, data } = await readHeader(at(folder));
    lose(header, pickNeeded(header, random));
    const metadata = {
      'modelspec.prediction_type': random.pick(['v', '__proto__', 'x'.repeat(1e6)]),
      '__proto__.x': '1',
    };
    await writeSafetensors(at(folder), [JSON.stringify({ __metadata__: metadata, ...header })], data);
  },
  'a sidecar that lies': async (random, folder) => {
    const text = random.pick(sidecars);
    await writeFile(join(folder, 'dreamy.json'), text);
  },
  'a VAE beside it that is none': async (random, folder) => {
    const bytes = random.pick([
      random.bytes(1000),
      await readFile(at(folder)).then((all) => all.subarray(0, 5000)),
    ]);
    await writeFile(join(folder, 'dreamy.vae.safetensors'), bytes);
  },
};

/** Of the attacks on any file of weights, those that make sense where there is one. */
const { 'an index that lies': _index, 'weights in a pickle': _pickle, ...anyFile } = weightAttacks;

/**
 * Makes the hostile file of one seed in `folder`: a good one with one attack on it.
 *
 * @returns what was done, for people, and the file.
 */
export async function makeHostileFile(seed: number, folder: string): Promise<{ name: string; file: string }> {
  const kinds = Object.entries({ ...anyFile, ...ownAttacks });
  const [name, attack] = kinds[(seed * 7) % kinds.length]!;
  const random = createRandom(seed);
  const family = random.pick(families);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(await singleFile(family), at(folder));
  await attack(random, folder);
  return { name: `${name} (${family}, seed ${seed})`, file: at(folder) };
}
