import { UserError } from '../../errors.js';
import { quote } from '../checkpoint/refuse.js';
import type { TensorInfo } from '../checkpoint/safetensors.js';
import type { Weights } from '../checkpoint/weights.js';
import { deltaOf } from './delta.js';
import type { LoraPart } from './loraKey.js';
import type { Change } from './mergeLayer.js';
import type { ModuleIndex } from './moduleIndex.js';
import type { Lora, LoraLayer } from './openLora.js';
import { matrix, plain } from './product.js';

/** A network that LoRAs may change. */
export interface Target {
  readonly part: LoraPart;
  readonly weights: Weights;
  readonly modules: ModuleIndex;
}

/** What a LoRA changes in a model: by part, by the name of the tensor. Without the weight it is wanted with. */
export interface Fit {
  readonly changes: ReadonlyMap<LoraPart, ReadonlyMap<string, Omit<Change, 'weight'>>>;
  /** Names in the LoRA's file that fit nothing of the model. */
  readonly unmatched: readonly string[];
}

/**
 * Finds the weights that a LoRA is for.
 *
 * @param name as it was asked for
 * @throws UserError `bad-model` where it is for another kind of model: a weight is of another size, or nothing fits
 * @example fitLora('ink', lora, targets).changes.get('unet')?.size; // 192
 */
export function fitLora(name: string, lora: Lora, targets: readonly Target[]): Fit {
  const changes = new Map<LoraPart, Map<string, Omit<Change, 'weight'>>>();
  const unmatched = [...lora.strange];
  refuseOtherFamily(name, lora, targets);
  for (const layer of lora.layers) {
    const place = find(layer, targets);
    const found = place ? changesOf(name, lora, layer, place) : [];
    if (!place || found.length === 0)
      unmatched.push(...Object.values(layer.tensors).map((info) => info.name));
    for (const [tensor, change] of found) {
      const part = changes.get(place!.target.part) ?? new Map<string, Omit<Change, 'weight'>>();
      changes.set(place!.target.part, part.set(tensor, change));
    }
  }
  if (changes.size === 0) {
    const example = lora.count > 0 ? `, such as ${quote(unmatched[0] ?? '')}` : '';
    throw cannot(name, `none of its ${lora.count} tensors fits this model${example}`, 'a LoRA made for it');
  }
  return { changes, unmatched };
}

interface Place {
  readonly target: Target;
  readonly module: string;
}

function find({ part, module }: LoraLayer, targets: readonly Target[]): Place | undefined {
  for (const target of targets) {
    if (part !== undefined && part !== target.part) continue;
    const found = target.modules.get(module);
    if (found !== undefined) return { target, module: found };
  }
  return undefined;
}

function changesOf(
  name: string,
  lora: Lora,
  layer: LoraLayer,
  { target, module }: Place,
): [tensor: string, change: Omit<Change, 'weight'>][] {
  const { tensors } = layer;
  const changes: [string, Omit<Change, 'weight'>][] = [];
  const scale = scaleOf(lora, layer);
  const delta = deltaOf(layer);
  const lengths = lengthsOf(name, layer, target.weights.tensors.get(`${module}.weight`)!);
  if (delta || lengths) {
    const base = target.weights.tensors.get(`${module}.weight`)!;
    if (delta) refuseOtherSizes(name, `${target.part}.${module}`, base, delta);
    changes.push([`${module}.weight`, { delta, scale: delta?.rank === undefined ? 1 : scale, lengths }]);
  }
  const bias = tensors.biasDiff ?? tensors.upBias;
  const base = target.weights.tensors.get(`${module}.bias`);
  if (bias && base) {
    const added = plain(bias);
    refuseOtherSizes(name, `${target.part}.${module}.bias`, base, added);
    changes.push([`${module}.bias`, { delta: added, scale: bias === tensors.upBias ? scale : 1 }]);
  }
  return changes;
}

function scaleOf({ peft }: Lora, layer: LoraLayer): number {
  const rank = deltaOf(layer)?.rank;
  if (rank === undefined) return 1;
  // kohya and LyCORIS take an alpha of 0 for none.
  if (layer.alpha !== undefined) return layer.alpha === 0 ? 1 : layer.alpha / rank;
  return peft.scale(layer.part, layer.module, rank);
}

/** DoRA's lengths: PEFT has one a row; LyCORIS one a row [rows, 1, …], or one an input [1, inputs, …]. */
function lengthsOf(name: string, { tensors }: LoraLayer, base: TensorInfo): Change['lengths'] {
  const info = tensors.doraScale ?? tensors.magnitude;
  if (!info) return undefined;
  matrix(info);
  const count = info.shape.reduce((product, side) => product * side, 1);
  const [rows, inputs] = base.shape;
  const kind = tensors.doraScale ? 'lycoris' : 'peft';
  const byInput = kind === 'lycoris' && info.shape.length > 1 && info.shape[0] === 1 && inputs === count;
  if (!byInput && count !== rows) {
    throw cannot(
      name,
      `${quote(info.name)} is for ${count} rows, this model's has ${rows}`,
      'a LoRA made for it',
    );
  }
  return { info, kind, by: byInput ? 'input' : 'row' };
}

/** What the text states of each family's U-Net have for a width. */
const families: Readonly<Record<number, string>> = {
  768: 'Stable Diffusion 1',
  1024: 'Stable Diffusion 2',
  1280: "SDXL's refiner",
  2048: 'SDXL',
};

/** The families differ in the width of the text states, which the keys and values of the U-Net's attention take. */
function refuseOtherFamily(name: string, { layers }: Lora, targets: readonly Target[]): void {
  const unet = targets.find(({ part }) => part === 'unet');
  for (const layer of layers) {
    const module = unet?.modules.get(layer.module);
    if (!module || !/\.attn2\.to_[kv]$/.test(module)) continue;
    const width = unet!.weights.tensors.get(`${module}.weight`)!.shape[1]!;
    const found = deltaOf(layer)?.columns;
    if (found === undefined || found === width) continue;
    const [theirs, ours] = [families[found], families[width]];
    if (theirs === undefined || ours === undefined) return;
    throw cannot(name, `it was made for ${theirs}`, `one made for ${ours}, as this model is`);
  }
}

function refuseOtherSizes(
  name: string,
  module: string,
  base: TensorInfo,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): void {
  const [wantedRows = 1, ...sides] = base.shape;
  const wantedColumns = sides.reduce((product, side) => product * side, 1);
  if (rows === wantedRows && columns === wantedColumns) return;
  throw cannot(
    name,
    `it is for another kind of model, whose ${module} is ${rows}×${columns}`,
    `${wantedRows}×${wantedColumns}, as this model has it`,
  );
}

function cannot(name: string, found: string, wanted: string): UserError {
  return new UserError('bad-model', `Cannot draw with LoRA ${quote(name)}: ${found}, want ${wanted}`);
}
