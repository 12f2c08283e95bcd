import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConfig } from '../checkpoint/config/parseConfig.js';
import { TinyVaeConfig } from '../checkpoint/config/vaeTiny.js';
import type { Component } from '../checkpoint/folder.js';
import { refuse } from '../checkpoint/refuse.js';
import { readHeader, type TensorInfo } from '../checkpoint/safetensors.js';
import { openWeightFile, openWeights } from '../checkpoint/weights.js';

/** A tiny autoencoder, of which the decoder at least is there. */
export type TinyVae = Component & { readonly kind: 'tiny'; readonly config: TinyVaeConfig };

/**
 * Reads a TAESD: a folder in diffusers' layout, or one file, with diffusers' names or with those that its author's have
 * (`1.weight`: torch's `Sequential`, whose first layer, a clamp, has none). Weights are not touched before `weights()`.
 *
 * @throws UserError `bad-model` naming what is wrong and what was wanted.
 * @example (await readTinyVae('/m/vae/taesd_decoder.safetensors', { cacheFolder })).config.latent_channels; // 4
 */
export async function readTinyVae(path: string, options: { cacheFolder: string }): Promise<TinyVae> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  if (isFolder) {
    const config = await parseConfig(TinyVaeConfig, join(path, 'config.json'));
    return { kind: 'tiny', folder: path, config, weights: once(() => openWeights(path, options)) };
  }
  const config = configOf(decoderOf(await readHeader(path)), path);
  const weights = once(async () => {
    const { tensors, hash } = await openWeightFile(path, options);
    return { tensors: decoderOf(tensors), hash };
  });
  return { kind: 'tiny', folder: path, config, weights };
}

/** Remembers what was opened, and forgets what failed: a bad file may be replaced by the time it is asked for again. */
function once<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let opened: Promise<Value> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

type Tensors = ReadonlyMap<string, TensorInfo>;

const authors = /^(?:(?:taesd_)?decoder\.)?(\d+)\.((?:conv\.\d+\.)?(?:weight|bias))$/;

/** The decoder's tensors under diffusers' names; of a file that has the encoder alone, none. */
function decoderOf(tensors: Tensors): Tensors {
  const named = new Map<string, TensorInfo>();
  for (const info of tensors.values()) {
    const [, place, rest] = authors.exec(info.name) ?? [];
    const name = place === undefined ? info.name : `decoder.layers.${Number(place) - 1}.${rest}`;
    if (name.startsWith('decoder.layers.')) named.set(name, { ...info, name });
  }
  return named;
}

const mostLayers = 200;

/** A decoder's widths and numbers of blocks from its tensors: three convolutions are a block, one ends a level. */
function configOf(decoder: Tensors, file: string): TinyVaeConfig {
  const shape = (place: number, name: string) => decoder.get(`decoder.layers.${place}.${name}.weight`)?.shape;
  const single = (place: number) => decoder.get(`decoder.layers.${place}.weight`)?.shape;
  const latentChannels = single(0)?.[1];
  const widths: number[] = [];
  const blocks: number[] = [];
  let count = 0;
  for (let place = 1; place < mostLayers; place++) {
    if (shape(place, 'conv.0')) count++;
    const conv = single(place);
    if (!conv) continue;
    widths.push(conv[1] ?? 0);
    blocks.push(count);
    count = 0;
  }
  const found = TinyVaeConfig.safeParse({
    latent_channels: latentChannels,
    decoder_block_out_channels: widths,
    num_decoder_blocks: blocks,
  });
  if (latentChannels === undefined || widths.length === 0 || !found.success)
    return refuse(
      file,
      'its tensors are no tiny decoder',
      'those of TAESD, as taesd_decoder.safetensors has them',
    );
  return found.data;
}
