/** What a tensor of a LoRA file is to its layer. */
export type LoraRole =
  | 'down'
  | 'up'
  | 'mid'
  | 'upBias'
  | 'alpha'
  | 'doraScale'
  | 'magnitude'
  | 'diff'
  | 'biasDiff'
  | `hada_w${1 | 2}_${'a' | 'b'}`
  | `hada_t${1 | 2}`
  | `lokr_w${1 | 2}`
  | `lokr_w${1 | 2}_${'a' | 'b'}`
  | 'lokr_t2';

/** The networks of a model that LoRAs change. */
export type LoraPart = 'unet' | 'text_encoder' | 'text_encoder_2';

export interface LoraKey {
  /** Left out where the name does not tell. */
  readonly part?: LoraPart;
  /** The module's name, `_` between its parts, as kohya has it: dots and underlines cannot be told apart there. */
  readonly module: string;
  readonly role: LoraRole;
}

const adapter = String.raw`(?:\.\w+)?`;

/** Ends of names: kohya's and LyCORIS', PEFT's (with or without an adapter's name), diffusers' before PEFT. */
const ends: readonly (readonly [RegExp, LoraRole])[] = [
  [/\.lora_down(?:\.weight)?$|[._]lora(?:_linear_layer)?\.down(?:\.weight)?$/, 'down'],
  [/\.lora_up(?:\.weight)?$|[._]lora(?:_linear_layer)?\.up(?:\.weight)?$/, 'up'],
  [new RegExp(String.raw`\.lora_A${adapter}\.weight$`), 'down'],
  [new RegExp(String.raw`\.lora_B${adapter}\.weight$`), 'up'],
  [new RegExp(String.raw`\.lora_B${adapter}\.bias$|\.lora_up\.bias$`), 'upBias'],
  [/\.lora_mid(?:\.weight)?$/, 'mid'],
  [/\.alpha$/, 'alpha'],
  [/\.dora_scale$/, 'doraScale'],
  [new RegExp(String.raw`\.lora_magnitude_vector${adapter}(?:\.weight)?$`), 'magnitude'],
  [/\.(?:diff|w_norm)$/, 'diff'],
  [/\.(?:diff_b|b_norm)$/, 'biasDiff'],
];
const named = /\.(hada_w[12]_[ab]|hada_t[12]|lokr_w[12](?:_[ab])?|lokr_t2)$/;

const starts: readonly (readonly [string, LoraPart | undefined])[] = [
  ['lora_unet_', 'unet'],
  ['lora_te1_', 'text_encoder'],
  ['lora_te2_', 'text_encoder_2'],
  ['lora_te_', 'text_encoder'],
  ['lycoris_', undefined],
  ['unet.', 'unet'],
  ['text_encoder.', 'text_encoder'],
  ['text_encoder_2.', 'text_encoder_2'],
  ['model.diffusion_model.', 'unet'],
  ['diffusion_model.', 'unet'],
];

/**
 * Reads the name of a LoRA file's tensor, whoever wrote it: kohya and LyCORIS (`lora_unet_…to_q.lora_down.weight`),
 * PEFT and diffusers (`unet.…to_q.lora_A.weight`, `base_model.model.…`), diffusers before PEFT
 * (`…attn1.processor.to_q_lora.down.weight`).
 *
 * @returns undefined for a name of none of these kinds
 * @example readLoraKey('unet.mid_block.attentions.0.proj_in.lora_A.weight'); // { part: 'unet', module: 'mid_block_attentions_0_proj_in', role: 'down' }
 */
export function readLoraKey(name: string): LoraKey | undefined {
  const found = endOf(name);
  if (!found) return undefined;
  const path = name.slice(0, found.at).replace(/^base_model\.model\./, '');
  const [start, part] = starts.find(([prefix]) => path.startsWith(prefix)) ?? ['', undefined];
  const module = flatName(path.slice(start.length).replace('.processor.', '.'));
  return module === '' ? undefined : { part, module, role: found.role };
}

/** A module's name as LoRA files without dots have it. */
export function flatName(module: string): string {
  return module.replaceAll('.', '_');
}

function endOf(name: string): { readonly at: number; readonly role: LoraRole } | undefined {
  for (const [end, role] of ends) {
    const at = name.search(end);
    if (at >= 0) return { at, role };
  }
  const match = named.exec(name);
  return match ? { at: match.index, role: match[1] as LoraRole } : undefined;
}
