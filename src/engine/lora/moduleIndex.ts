import type { Weights } from '../checkpoint/weights.js';
import { flatName, type LoraPart } from './loraKey.js';
import { sgmModules } from './sgmModules.js';

/** The modules of a network by all names that LoRA files have for them, `_` between their parts. */
export type ModuleIndex = ReadonlyMap<string, string>;

/** Attention of text encoders as diffusers named it before PEFT. */
const oldAttention = [
  ['q_proj', 'to_q'],
  ['k_proj', 'to_k'],
  ['v_proj', 'to_v'],
  ['out_proj', 'to_out'],
] as const;

/**
 * @param weights of the network, by diffusers' names
 * @example indexModules('unet', weights).get('input_blocks_0_0'); // 'conv_in'
 */
export function indexModules(part: LoraPart, { tensors }: Weights): ModuleIndex {
  const modules = [...tensors.keys()]
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -'.weight'.length));
  const index = new Map<string, string>();
  const add = (name: string, module: string) => {
    const flat = flatName(name);
    if (!index.has(flat)) index.set(flat, module);
  };
  for (const module of modules) add(module, module);
  if (part === 'unet') {
    const original = sgmModules(modules);
    for (const [name, module] of original) if (tensors.has(`${module}.weight`)) add(name, module);
    for (const module of modules) add(module.replace(/\.to_out\.0$/, '.to_out'), module);
  } else {
    for (const module of modules) {
      const bare = module.replace(/^text_model\./, '');
      add(bare, module);
      const old = oldAttention.find(([name]) => module.endsWith(`.self_attn.${name}`));
      if (!old) continue;
      for (const name of [module, bare]) add(name.slice(0, -old[0].length) + old[1], module);
    }
  }
  return index;
}
