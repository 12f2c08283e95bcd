import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Component } from '../checkpoint/folder.js';
import { type Weights, weightsAs } from '../checkpoint/weights.js';
import { createModel, type Model, type ModelOptions } from '../model.js';
import { sideError } from '../sideError.js';
import { type Fit, fitLora, type Target } from './fitLora.js';
import { keptFiles } from './keptFiles.js';
import type { LoraPart } from './loraKey.js';
import type { Change } from './mergeLayer.js';
import { mergeWeights } from './mergeWeights.js';
import { indexModules } from './moduleIndex.js';
import type { Multiply } from './multiply.js';
import type { Lora } from './openLora.js';

/** A LoRA and how strongly it is wanted. */
export interface WantedLora {
  readonly name: string;
  readonly lora: Lora;
  readonly weight: number;
  readonly textWeight: number;
}

export interface LoraModel {
  readonly model: Model;
  /** Whether it encodes prompts in another way than the checkpoint alone. */
  readonly ownEncoders: boolean;
  /** Notes that its files in the cache are used; gives false where one is gone, which happens while it is open. */
  touch(): Promise<boolean>;
  readonly warnings: readonly string[];
}

const mostNamed = 3;

/**
 * A model with LoRAs merged into it. What they leave as it is, the VAE before all, is the base's own.
 *
 * @throws UserError `bad-model` for a LoRA of another kind of model, `bad-output`
 * @example (await loraModel(base, [{ name: 'ink', lora, weight: 0.8, textWeight: 0.8 }], options)).model.unet(shape);
 */
export async function loraModel(
  base: Model,
  wanted: readonly WantedLora[],
  options: ModelOptions & { readonly multiply: Multiply },
): Promise<LoraModel> {
  const targets = await targetsOf(base, options);
  const fits = wanted.map(({ name, lora }) => {
    try {
      return fitLora(name, lora, targets);
    } catch (error) {
      throw sideError(error, 'LoRA', name, lora.file);
    }
  });
  const merged = new Map<LoraPart, Weights>();
  // A place of its own, so that what LoRAs take on the disk can be counted and bounded.
  const cacheFolder = join(resolve(options.cacheFolder), 'loras');
  const kept = keptFiles(cacheFolder);
  const files: string[] = [];
  for (const { part, weights } of targets) {
    const { changes, identity } = changesOf(part, wanted, fits);
    if (changes.size === 0) continue;
    const result = await mergeWeights(weights, identity, changes, {
      ...{ cacheFolder, multiply: options.multiply, makeRoom: kept.makeRoom },
    });
    const [name] = changes.keys();
    const { file } = result.tensors.get(name!)!;
    await kept.use(file);
    files.push(file);
    merged.set(part, result);
  }
  return {
    model: modelOf(base, merged, { ...options, graphsFolder: cacheFolder }),
    ownEncoders: [...merged.keys()].some((part) => part !== 'unet'),
    async touch() {
      const there = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
      for (const [i, file] of files.entries()) if (there[i]) await kept.use(file);
      return !there.includes(undefined);
    },
    warnings: fits.flatMap((fit, i) => warningOf(wanted[i]!, fit)),
  };
}

/** The networks, with their weights as they are computed with: CUDA's are converted when they are laid out for it. */
async function targetsOf({ checkpoint }: Model, { device, cacheFolder }: ModelOptions): Promise<Target[]> {
  const parts: [LoraPart, Component][] = [['unet', checkpoint.unet]];
  checkpoint.textEncoders.forEach((encoder, index) => {
    parts.push([partOf(checkpoint.textEncoders, index), encoder]);
  });
  const targets: Target[] = [];
  for (const [part, component] of parts) {
    const own = await component.weights();
    const weights = device.startsWith('cuda') ? own : await weightsAs(own, 'F32', cacheFolder);
    targets.push({ part, weights, modules: indexModules(part, weights) });
  }
  return targets;
}

/** SDXL's refiner has the second text encoder alone. */
function partOf(encoders: Model['checkpoint']['textEncoders'], index: number): LoraPart {
  const encoder = encoders[index]!;
  const second = index === 1 || (encoders.length === 1 && encoder.kind === 'clip' && encoder.projection);
  return second ? 'text_encoder_2' : 'text_encoder';
}

function changesOf(
  part: LoraPart,
  wanted: readonly WantedLora[],
  fits: readonly Fit[],
): { changes: ReadonlyMap<string, readonly Change[]>; identity: string } {
  const changes = new Map<string, Change[]>();
  const applied: unknown[] = [];
  for (const [i, { lora, weight, textWeight }] of wanted.entries()) {
    const own = fits[i]!.changes.get(part);
    const strength = part === 'unet' ? weight : textWeight;
    if (!own || strength === 0) continue;
    applied.push([lora.hash, strength]);
    for (const [name, change] of own) {
      changes.set(name, [...(changes.get(name) ?? []), { ...change, weight: strength }]);
    }
  }
  return { changes, identity: JSON.stringify(applied) };
}

function modelOf(base: Model, merged: ReadonlyMap<LoraPart, Weights>, options: ModelOptions): Model {
  const { checkpoint } = base;
  const withLoras = <C extends Component>(part: LoraPart, component: C): C => {
    const weights = merged.get(part);
    return weights ? { ...component, weights: async () => weights } : component;
  };
  const own = createModel(
    {
      ...checkpoint,
      unet: withLoras('unet', checkpoint.unet),
      textEncoders: checkpoint.textEncoders.map((encoder, i) =>
        withLoras(partOf(checkpoint.textEncoders, i), encoder),
      ),
    },
    options,
  );
  const changed = (part: LoraPart) => (merged.has(part) ? own : base);
  return {
    ...own,
    get loadTime() {
      return own.loadTime;
    },
    textEncoder: (index, ...rest) =>
      changed(partOf(checkpoint.textEncoders, index)).textEncoder(index, ...rest),
    unet: (...args) => changed('unet').unet(...args),
    decoder: (...args) => base.decoder(...args),
    encoder: (...args) => base.encoder(...args),
    safetyChecker: base.safetyChecker,
  };
}

function warningOf({ name, lora }: WantedLora, { unmatched }: Fit): string[] {
  if (unmatched.length === 0) return [];
  const shown = unmatched.slice(0, mostNamed).map((key) => printable(key));
  const more = unmatched.length > shown.length ? ` and ${unmatched.length - shown.length} more` : '';
  return [
    `LoRA ${name}: ${unmatched.length} of ${lora.count} keys fit nothing here: ${shown.join(', ')}${more}`,
  ];
}

function printable(key: string): string {
  return key.slice(0, 120).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '�');
}
