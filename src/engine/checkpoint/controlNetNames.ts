import { refuse } from './refuse.js';
import type { TensorInfo } from './safetensors.js';
import { unetNames } from './single/ldmUnet.js';

const ldmPrefix = 'control_model.';

/** The paper's code has one list of convolutions and activations; every second one has weights. */
const ends: Readonly<Record<string, string>> = { 0: 'conv_in', 14: 'conv_out' };

/**
 * The tensors of a ControlNet's single file under diffusers' names: they are there already, or it is in the layout of
 * the paper's code, alone or beside a whole model (`control_model.`).
 *
 * Source: diffusers/loaders/single_file_utils.py, `convert_controlnet_checkpoint`; lllyasviel/ControlNet, cldm/cldm.py.
 * @param file named in what is refused
 * @throws UserError `bad-model` for another kind of network
 * @example controlNetNames(tensors, file)[0]!.name; // 'controlnet_cond_embedding.conv_in.weight'
 */
export function controlNetNames(
  tensors: ReadonlyMap<string, TensorInfo>,
  file: string,
): readonly TensorInfo[] {
  refuseOthers(tensors, file);
  if (tensors.has('controlnet_cond_embedding.conv_in.weight')) return [...tensors.values()];
  const own = new Map<string, TensorInfo>();
  const prefix = tensors.has(`${ldmPrefix}input_hint_block.0.weight`) ? ldmPrefix : '';
  for (const info of tensors.values()) {
    if (!info.name.startsWith(prefix)) continue;
    const name = info.name.slice(prefix.length);
    own.set(name, { ...info, name });
  }
  if (!own.has('input_hint_block.0.weight'))
    refuse(file, 'it has no controlnet_cond_embedding or input_hint_block', 'a ControlNet, which has one');
  const added = [...own.values()].flatMap((info) => {
    const name = addedName(info.name);
    return name === undefined ? [] : [{ ...info, name }];
  });
  return [...unetNames(own, 'add_embedding'), ...added];
}

/** Of what a ControlNet has besides the half of a U-Net. */
function addedName(name: string): string | undefined {
  const [, part, kind] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (part === undefined) return undefined;
  if (part === 'middle_block_out.0') return `controlnet_mid_block.${kind}`;
  const zero = /^zero_convs\.(\d+)\.0$/.exec(part)?.[1];
  if (zero !== undefined) return `controlnet_down_blocks.${zero}.${kind}`;
  const hint = /^input_hint_block\.(\d+)$/.exec(part)?.[1];
  if (hint === undefined) return undefined;
  return `controlnet_cond_embedding.${ends[hint] ?? `blocks.${Number(hint) / 2 - 1}`}.${kind}`;
}

/** Networks that go by the same name and work otherwise. */
const others: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^lora_controlnet$/, 'a Control-LoRA'],
  [/^(task_embedding$|transformer_layes\.|control_add_embedding\.)/, 'a ControlNet union'],
  [/^(adapter\.)?body\.\d+\.(block1|resnets)\./, 'a T2I-Adapter'],
];

function refuseOthers(tensors: ReadonlyMap<string, TensorInfo>, file: string): void {
  for (const [pattern, what] of others) {
    for (const name of tensors.keys())
      if (pattern.test(name))
        refuse(file, `it is ${what}`, 'a plain ControlNet, as no other kind is supported');
  }
}
