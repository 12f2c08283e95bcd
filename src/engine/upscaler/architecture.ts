import { quote, refuse } from '../checkpoint/refuse.js';
import type { TensorInfo } from '../checkpoint/safetensors.js';
import type { CompactConfig } from '../networks/compact.js';
import type { RrdbConfig } from '../networks/rrdb.js';

export type UpscalerConfig = RrdbConfig | CompactConfig;

/** What an upscaler's file is, and its tensors under the names that our networks know. */
export interface Architecture {
  readonly config: UpscalerConfig;
  /** Sides of a picture become this many times as long. */
  readonly scale: number;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

type Tensors = ReadonlyMap<string, TensorInfo>;

/** What some trainers put before every name. */
const prefixes = ['module.', 'netG.', 'params_ema.', 'params.'];

const maxScale = 16;
const maxDoublings = 6;
const maxFeatures = 4096;
const maxBlocks = 256;

/** Names of the layers before Real-ESRGAN: BSRGAN's. */
const bsrgan: readonly (readonly [RegExp, string])[] = [
  [/^RRDB_trunk\.(\d+)\.RDB([123])\.(conv\w+)\.(weight|bias)$/, 'body.$1.rdb$2.$3.$4'],
  [/^trunk_conv\.(weight|bias)$/, 'conv_body.$1'],
  [/^upconv(\d)\.(weight|bias)$/, 'conv_up$1.$2'],
  [/^HRconv\.(weight|bias)$/, 'conv_hr.$1'],
];

/**
 * Whether tensors of these names and shapes are an upscaler's: RRDBNet in ESRGAN's, BSRGAN's or Real-ESRGAN's names, or
 * SRVGGNetCompact.
 *
 * @example isUpscalerOf(await readHeader('/m/upscalers/x4.safetensors')); // true
 */
export function isUpscalerOf(tensors: Tensors): boolean {
  const names = withoutPrefix(tensors);
  return isRrdb(names) || isCompact(names);
}

/**
 * Finds an upscaler's architecture from the names and shapes of its tensors, as spandrel does.
 *
 * @param file named in errors
 * @throws UserError `bad-model` when it is none, or one of another kind than those that are known.
 * @example architectureOf(weights.tensors, '/m/x4.safetensors').scale; // 4
 */
export function architectureOf(tensors: Tensors, file: string): Architecture {
  const names = withoutPrefix(tensors);
  if (isCompact(names)) return compact(names, file);
  if (isRrdb(names)) return rrdb(presentNames(names, file), file);
  return refuse(file, 'its tensors are no upscaler that is known', 'RRDBNet (ESRGAN) or SRVGGNetCompact');
}

function withoutPrefix(tensors: Tensors): Tensors {
  const prefix = prefixes.find(
    (one) => tensors.size > 0 && [...tensors.keys()].every((name) => name.startsWith(one)),
  );
  if (prefix === undefined) return tensors;
  return new Map([...tensors].map(([name, info]) => [name.slice(prefix.length), info]));
}

function isRrdb(names: Tensors): boolean {
  const old = names.has('model.0.weight') && names.has('model.1.sub.0.RDB1.conv1.0.weight');
  const bsrgan = names.has('RRDB_trunk.0.RDB1.conv1.weight');
  return old || (names.has('conv_first.weight') && (bsrgan || names.has('body.0.rdb1.conv1.weight')));
}

function isCompact(names: Tensors): boolean {
  const [first, slopes] = [names.get('body.0.weight'), names.get('body.1.weight')];
  return first?.shape.length === 4 && slopes?.shape.length === 1;
}

/** RRDBNet's tensors under Real-ESRGAN's names. */
function presentNames(names: Tensors, file: string): Tensors {
  const renamed = new Map<string, TensorInfo>();
  const rename = names.has('model.0.weight') ? oldNames(names, file) : bsrganName;
  for (const [name, info] of names) {
    const present = rename(name);
    if (renamed.has(present)) refuse(file, `it has ${quote(present)} under two names`, 'each tensor once');
    renamed.set(present, info);
  }
  return renamed;
}

function bsrganName(name: string): string {
  const [pattern, present] = bsrgan.find(([pattern]) => pattern.test(name)) ?? [];
  return pattern === undefined ? name : name.replace(pattern, present!);
}

/**
 * ESRGAN's first layout numbers everything: 0 is the first convolution, 1 all blocks and the convolution behind them,
 * then three numbers for each doubling (enlargement, convolution, activation), and two convolutions.
 */
function oldNames(names: Tensors, file: string): (name: string) => string {
  const last = highest(names, /^model\.(\d+)\./);
  const doublings = (last - 4) / 3;
  if (!Number.isInteger(doublings) || doublings < 0 || doublings > maxDoublings)
    refuse(file, `its last layer is model.${last}`, 'model.4, model.7, model.10 or so on');
  const places = new Map([
    ['model.0', 'conv_first'],
    [`model.1.sub.${highest(names, /^model\.1\.sub\.(\d+)\./)}`, 'conv_body'],
    [`model.${last - 2}`, 'conv_hr'],
    [`model.${last}`, 'conv_last'],
  ]);
  for (let i = 1; i <= doublings; i++) places.set(`model.${3 * i}`, `conv_up${i}`);
  return (name) => {
    const dense = /^model\.1\.sub\.(\d+)\.RDB([123])\.(conv\d)\.0\.(weight|bias)$/.exec(name);
    if (dense) return `body.${dense[1]}.rdb${dense[2]}.${dense[3]}.${dense[4]}`;
    const past = /^model\.1\.sub\.(\d+)\.RDB([123])\.conv1x1\.weight$/.exec(name);
    if (past) return `body.${past[1]}.rdb${past[2]}.conv1x1.weight`;
    const [, place, kind] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
    const present = place && places.get(place);
    return present ? `${present}.${kind}` : name;
  };
}

function rrdb(tensors: Tensors, file: string): Architecture {
  const [features, channels] = convolution(tensors, 'conv_first', file);
  const [growth] = convolution(tensors, 'body.0.rdb1.conv1', file);
  const [out] = convolution(tensors, 'conv_last', file);
  const blocks = highest(tensors, /^body\.(\d+)\./) + 1;
  const doublings = Math.max(0, highest(tensors, /^conv_up(\d+)\./));
  if (doublings > maxDoublings)
    refuse(file, `it doubles pictures ${doublings} times`, `at most ${maxDoublings} times`);
  const unshuffle = Math.sqrt(channels / 3);
  if (out !== 3 || ![1, 2, 4].includes(unshuffle))
    refuse(file, `it takes ${channels} channels and gives ${out}`, '3, 12 or 48, and 3');
  const config: RrdbConfig = {
    ...{ kind: 'rrdb', features, growth, blocks, doublings, unshuffle },
    plus: tensors.has('body.0.rdb1.conv1x1.weight'),
  };
  return checked({ config, scale: 2 ** doublings / unshuffle, tensors }, blocks, rrdbNames(config), file);
}

function rrdbNames({ blocks, doublings, plus }: RrdbConfig): Set<string> {
  const names = new Set<string>();
  const add = (layer: string) => names.add(`${layer}.weight`).add(`${layer}.bias`);
  for (const layer of ['conv_first', 'conv_body', 'conv_hr', 'conv_last']) add(layer);
  for (let i = 1; i <= doublings; i++) add(`conv_up${i}`);
  for (let i = 0; i < blocks && i < maxBlocks; i++) {
    for (let j = 1; j <= 3; j++) {
      for (let k = 1; k <= 5; k++) add(`body.${i}.rdb${j}.conv${k}`);
      if (plus) names.add(`body.${i}.rdb${j}.conv1x1.weight`);
    }
  }
  return names;
}

function compact(tensors: Tensors, file: string): Architecture {
  const [features, channels] = convolution(tensors, 'body.0', file);
  const last = highest(tensors, /^body\.(\d+)\./);
  const [out] = convolution(tensors, `body.${last}`, file);
  const scale = Math.sqrt(out / 3);
  if (channels !== 3 || !Number.isInteger(scale))
    refuse(file, `it takes ${channels} channels and gives ${out}`, '3, and 3 for each pixel of a square');
  const convolutions = (last - 2) / 2;
  if (!Number.isInteger(convolutions)) refuse(file, `its last layer is body.${last}`, 'an even number');
  const names = new Set(['weight', 'bias'].map((kind) => `body.${last}.${kind}`));
  for (let i = 0; i < last && i < 2 * maxBlocks; i += 2) {
    names
      .add(`body.${i}.weight`)
      .add(`body.${i}.bias`)
      .add(`body.${i + 1}.weight`);
  }
  const config: CompactConfig = { kind: 'compact', features, convolutions, scale };
  return checked({ config, scale, tensors }, convolutions, names, file);
}

/** Holds what was found against sane limits, and refuses tensors that the network would leave unused. */
function checked(found: Architecture, depth: number, names: ReadonlySet<string>, file: string): Architecture {
  const { config, scale, tensors } = found;
  if (!(scale >= 1 && scale <= maxScale))
    refuse(file, `it makes pictures ${scale} times as large`, `1 to ${maxScale} times`);
  if (depth > maxBlocks || config.features > maxFeatures)
    refuse(
      file,
      `it has ${depth} layers of ${config.features} channels`,
      `at most ${maxBlocks} of ${maxFeatures}`,
    );
  const stray = [...tensors.keys()].find((name) => !names.has(name));
  if (stray !== undefined)
    refuse(file, `it has tensor ${quote(stray)}`, 'none that its network has no place for');
  return found;
}

/** Channels that a 3×3 convolution gives and takes. */
function convolution(tensors: Tensors, name: string, file: string): [number, number] {
  const shape = tensors.get(`${name}.weight`)?.shape;
  const [out, channels, ...kernel] = shape ?? [];
  if (kernel.join() !== '3,3' || !out || !channels)
    return refuse(
      file,
      `its ${name}.weight is ${shape ? `[${shape}]` : 'missing'}`,
      'a convolution of 3×3 pixels',
    );
  return [out, channels];
}

/** The highest number in the first group of a pattern; −1 where no name fits. */
function highest(tensors: Tensors, pattern: RegExp): number {
  let most = -1;
  for (const name of tensors.keys()) most = Math.max(most, Number(pattern.exec(name)?.[1] ?? -1));
  return most;
}
