import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attack, decoys } from './attack.js';

const configFiles = [
  'model_index.json',
  'unet/config.json',
  'vae/config.json',
  'text_encoder/config.json',
  'scheduler/scheduler_config.json',
];

const badNumbers = ['1e9', '-1', '0.5', '1e999', '"8"', '{}', '[[]]', '[1e9]', '9007199254740993', 'true'];
const wholeKeys: Record<string, readonly string[]> = {
  'unet/config.json': [
    'in_channels',
    'layers_per_block',
    'norm_num_groups',
    'block_out_channels',
    'cross_attention_dim',
  ],
  'vae/config.json': ['latent_channels', 'layers_per_block', 'norm_num_groups', 'block_out_channels'],
  'text_encoder/config.json': ['hidden_size', 'num_hidden_layers', 'num_attention_heads', 'vocab_size'],
};

/** Numbers of which more means tensors that no file has, with what they are when left out. */
const moreThanThere = [
  ['unet/config.json', 'layers_per_block', 2],
  ['unet/config.json', 'transformer_layers_per_block', 1],
  ['unet/config.json', 'time_cond_proj_dim', 32],
  ['unet/config.json', 'time_embedding_dim', 32],
  ['vae/config.json', 'layers_per_block', 1],
  ['vae/config.json', 'latent_channels', 4],
  ['text_encoder/config.json', 'num_hidden_layers', 12],
  ['text_encoder/config.json', 'intermediate_size', 1],
  ['text_encoder/config.json', 'vocab_size', 1],
  ['text_encoder/config.json', 'max_position_embeddings', 77],
] as const;

/** Attacks on the configs and vocabularies of a checkpoint, one kind a line. */
export const configAttacks: Record<string, Attack> = {
  'a config cut off': async (random, folder) => {
    const file = join(folder, random.pick(configFiles));
    await truncate(file, random.below((await readFile(file, 'utf8')).trimEnd().length));
  },
  'a config of random bytes': async (random, folder) => {
    await writeFile(join(folder, random.pick(configFiles)), random.bytes(1 + random.below(5000)));
  },
  'a config nested a million deep': (random, folder) => {
    const [begin, end] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    const text = `{"a":${begin.repeat(1e6)}0${end.repeat(1e6)}}`;
    return writeFile(join(folder, random.pick(configFiles)), text);
  },
  'a config that is too large': async (random, folder) => {
    const file = join(folder, random.pick(configFiles));
    await truncate(file, 1_000_001 + random.below(1e11));
  },
  'a config with an endless list': async (random, folder) => {
    const file = random.pick(Object.keys(wholeKeys));
    const config = JSON.parse(await readFile(join(folder, file), 'utf8')) as object;
    const key = random.pick([
      'block_out_channels',
      'layers_per_block',
      'hidden_size',
      'sample_size',
      'num_attention_heads',
    ]);
    const item = random.pick(['"a"', '{}', '[]', '1e9', '-1', 'null', '[[]]']);
    const list = `[${Array(Math.floor(random.pick([0.9e6, 9e6]) / (item.length + 1))).fill(item)}]`;
    const whole = {
      ...config,
      ...Object.fromEntries(wholeKeys[file]!.map((name) => [name, '@'])),
      [key]: '@',
    };
    await writeFile(
      join(folder, file),
      JSON.stringify(whole).replace('"@"', () => list),
    );
  },
  'a config with a number that cannot be': async (random, folder) => {
    const file = random.pick(Object.keys(wholeKeys));
    const config = JSON.parse(await readFile(join(folder, file), 'utf8')) as object;
    const text = JSON.stringify({ ...config, [random.pick(wholeKeys[file]!)]: '@' });
    await writeFile(join(folder, file), text.replace('"@"', random.pick(badNumbers)));
  },
  'a config that asks for other tensors than there are': async (random, folder) => {
    const [file, key, least] = random.pick(moreThanThere);
    const config = JSON.parse(await readFile(join(folder, file), 'utf8')) as Record<string, unknown>;
    const found = typeof config[key] === 'number' ? config[key] : least;
    await writeFile(join(folder, file), JSON.stringify({ ...config, [key]: found + 1 + random.below(3) }));
  },
  'a vocabulary of other words': async (random, folder) => {
    const name = random.pick(
      (await readdir(join(folder, 'tokenizer'))).filter((file) => /^(vocab|tokenizer\.json)/.test(file)),
    );
    const file = join(folder, 'tokenizer', name);
    const text = random.pick(['', '[]', 'null', '{"a": -1}', '{"<|endoftext|>": 1e9}', '['.repeat(1e6)]);
    await writeFile(file, text);
  },
  'a vocabulary of more words than the text encoder has': async (_, folder) => {
    const file = join(folder, 'text_encoder/config.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as { vocab_size: number };
    await writeFile(file, JSON.stringify({ ...config, vocab_size: config.vocab_size - 1 }));
  },
  'a config that is no object': async (random, folder) => {
    const text = random.pick(['[]', 'null', '1', '"config"', 'true', '[{}]']);
    await writeFile(join(folder, random.pick(configFiles)), text);
  },
  'a config that is no file': async (random, folder) => {
    const file = join(folder, random.pick(configFiles));
    await rm(file);
    await random.pick(decoys)(file);
  },
};
