import { refuse } from '../refuse.js';
import type { TensorInfo } from '../safetensors.js';

const resnetParts: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut',
};

/**
 * A U-Net's tensors under the names that diffusers' `UNet2DConditionModel` has for them. LDM numbers the blocks of all
 * levels through; where a level ends is read off its down- and upsamplers, so that any number of blocks is understood.
 *
 * Source: diffusers/loaders/single_file_utils.py, `convert_ldm_unet_checkpoint`; openaimodel.py of CompVis/latent-diffusion.
 * @param tensors by LDM's names, without `model.diffusion_model.`
 * @param labels what a projected `label_emb` is: SDXL's sizes and pooled text, or a class of its own
 * @throws UserError `bad-model` where blocks are missing in between
 * @example unetNames(tensors, 'add_embedding')[0]!.name; // 'down_blocks.0.resnets.0.conv1.weight'
 */
export function unetNames(
  tensors: ReadonlyMap<string, TensorInfo>,
  labels: 'add_embedding' | 'class_embedding',
): TensorInfo[] {
  const names = partNames(tensors, labels);
  const renamed: TensorInfo[] = [];
  for (const info of tensors.values()) {
    const parts = info.name.split('.');
    for (const length of [4, 3, 2]) {
      const part = names.get(parts.slice(0, length).join('.'));
      if (part === undefined) continue;
      const rest = withinBlock(parts.slice(length).join('.'));
      renamed.push({ ...info, name: rest === '' ? part : `${part}.${rest}` });
      break;
    }
  }
  return renamed;
}

function withinBlock(rest: string): string {
  for (const [old, present] of Object.entries(resnetParts))
    if (rest.startsWith(`${old}.`)) return present + rest.slice(old.length);
  return rest;
}

/** `input_blocks.4.1` → `down_blocks.1.attentions.0`, and so on for every part there is. */
function partNames(tensors: ReadonlyMap<string, TensorInfo>, labels: string): Map<string, string> {
  const heads = new Set<string>();
  for (const name of tensors.keys()) {
    const parts = name.split('.');
    for (const length of [2, 3, 4]) heads.add(parts.slice(0, length).join('.'));
  }
  const names = new Map([
    ['time_embed.0', 'time_embedding.linear_1'],
    ['time_embed.2', 'time_embedding.linear_2'],
    ['input_blocks.0.0', 'conv_in'],
    ['out.0', 'conv_norm_out'],
    ['out.2', 'conv_out'],
    ['middle_block.0', 'mid_block.resnets.0'],
    [
      'middle_block.1',
      heads.has('middle_block.1.in_layers') ? 'mid_block.resnets.1' : 'mid_block.attentions.0',
    ],
    ['middle_block.2', 'mid_block.resnets.1'],
    ['label_emb.0.0', `${labels}.linear_1`],
    ['label_emb.0.2', `${labels}.linear_2`],
  ]);
  if (tensors.get('label_emb.weight')) names.set('label_emb.weight', 'class_embedding.weight');
  const ends = {
    input_blocks: nameBlocks(heads, names, 'input_blocks', 'down_blocks', 1),
    output_blocks: nameBlocks(heads, names, 'output_blocks', 'up_blocks', 0),
  };
  for (const head of heads) {
    const [, old, number] = /^(input_blocks|output_blocks)\.(\d+)$/.exec(head) ?? [];
    const end = old === undefined ? Infinity : ends[old as keyof typeof ends];
    if (Number(number) < end || number === undefined) continue;
    const file = [...tensors.values()][0]!.file;
    refuse(file, `its U-Net has ${head} but no ${old}.${end}`, 'every block up to the last one');
  }
  return names;
}

/** Names one way of the U, and gives the number of the first block that is not there. */
function nameBlocks(
  heads: ReadonlySet<string>,
  names: Map<string, string>,
  old: string,
  present: string,
  from: number,
): number {
  let [level, resnet, block] = [0, 0, from];
  for (; heads.has(`${old}.${block}`); block++) {
    const at = `${old}.${block}`;
    const isDownsampler = heads.has(`${at}.0.op`);
    const upsampler = ['1', '2'].find((place) => heads.has(`${at}.${place}.conv`));
    if (isDownsampler) {
      names.set(`${at}.0.op`, `${present}.${level}.downsamplers.0.conv`);
    } else {
      names.set(`${at}.0`, `${present}.${level}.resnets.${resnet}`);
      if (upsampler !== '1') names.set(`${at}.1`, `${present}.${level}.attentions.${resnet}`);
      resnet++;
    }
    if (upsampler) names.set(`${at}.${upsampler}`, `${present}.${level}.upsamplers.0`);
    if (isDownsampler || upsampler) [level, resnet] = [level + 1, 0];
  }
  return block;
}
