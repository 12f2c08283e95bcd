import type { TensorInfo } from '../engine/checkpoint/safetensors.js';
import { isUpscalerOf } from '../engine/upscaler/architecture.js';
import type { Kind } from './kinds.js';

type Named = ReadonlyMap<string, TensorInfo>;

/** kohya's prefixes, then the parts of a LoRA, LoHa, LoKr, OFT and DoRA. */
const ofLora =
  /^lora_(unet|te\d?)_|[._]lora[._]?(up|down|a|b|mid)\b|\.(hada|lokr)_w\d|\.oft_(blocks|diag)$|\.dora_scale$|\.lora\./i;

/** Widths of the text encoders that an embedding may be for: CLIP-L, OpenCLIP-H, OpenCLIP-G. */
const encoderWidths = [768, 1024, 1280];

/**
 * Guesses what a `.safetensors` file is from the names of its tensors, in the layouts that people share: LDM's,
 * diffusers', kohya's, A1111's, ESRGAN's. A LoRA of everything has names of everything, so it is asked first.
 *
 * @returns undefined for what is none of them
 * @example kindOf(await readHeader('ink.safetensors')); // 'lora'
 */
export function kindOf(tensors: Named): Kind | undefined {
  const names = [...tensors.keys()];
  const some = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (some(ofLora)) return 'lora';
  if (some(/^model\.diffusion_model\./)) return 'model';
  if (some(/^control_model\.|^controlnet_|^input_hint_block\.|^zero_convs\./)) return 'controlnet';
  if (isEmbedding(tensors)) return 'embedding';
  if (
    some(/^(first_stage_model\.)?(decoder|encoder)\.(conv_in|layers\.0)\.weight$/) &&
    !some(/^text_model\.|^embeddings\./)
  )
    return 'vae';
  // TAESD's author's own files are torch's Sequential.
  if (some(/^(decoder\.|encoder\.)?\d+\.conv\.\d+\.weight$/)) return 'vae';
  if (isUpscalerOf(tensors)) return 'upscaler';
  return undefined;
}

/** A1111's, SDXL's and old diffusers' names, or a few vectors, under the word for them, as wide as a text encoder's. */
function isEmbedding(tensors: Named): boolean {
  if (tensors.size === 0 || tensors.size > 4) return false;
  return [...tensors].every(([name, { shape }]) => {
    if (shape.length === 0 || shape.length > 2) return false;
    if (/^(emb_params|clip_[lg]|string_to_param\..*|<.*>)$/.test(name)) return true;
    return encoderWidths.includes(shape.at(-1)!) && !/\.(weight|bias)$/.test(name);
  });
}
