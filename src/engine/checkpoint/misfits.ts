import { isInpaint, isInstruct, isUpscale } from '../pipelineClass.js';
import type { ModelIndex } from './config/modelIndex.js';
import type { UNetConfig } from './config/unet.js';
import type { TextEncoder } from './folder.js';
import { refuse } from './refuse.js';

/** What is read of a checkpoint before its parts are held against each other. */
export interface Parts {
  readonly indexFile: string;
  readonly index: Pick<ModelIndex, '_class_name' | 'requires_aesthetics_score' | 'text_states'>;
  readonly unetFile: string;
  readonly unet: UNetConfig;
  readonly latentChannels: number;
  readonly textEncoders: readonly TextEncoder[];
}

/**
 * Refuses a checkpoint whose networks are each good but do not fit each other: where one network's output becomes
 * another's input their sizes must be equal, and every input a U-Net has must come from somewhere.
 *
 * @throws UserError `bad-model` naming the key, its value and the value that would fit.
 */
export function refuseMisfits(parts: Parts): void {
  const { index, unet, unetFile, latentChannels, textEncoders } = parts;
  const { in_channels: taken, out_channels: given } = unet;
  const { channels, what } = channelsTaken(index._class_name, latentChannels);
  if (!channels.includes(taken))
    refuse(unetFile, `in_channels is ${taken}`, `${channels.join(' or ')}, ${what}`);
  if (given !== latentChannels)
    refuse(unetFile, `out_channels is ${given}`, `${latentChannels}, the latent channels of the VAE`);
  // Two encoders' states are put side by side, channel by channel.
  const width = textEncoders.reduce((sum, { config }) => sum + config.hidden_size, 0);
  for (const dim of [unet.cross_attention_dim].flat()) {
    if (dim !== width)
      refuse(unetFile, `cross_attention_dim is ${dim}`, `${width}, the channels of the text states`);
  }
  for (const key of ['class_embed_type', 'num_class_embeds'] as const) {
    const isNoiseLevel = key === 'num_class_embeds' && isUpscale(index._class_name);
    if (unet[key] !== null && !isNoiseLevel)
      refuse(unetFile, `${key} is ${unet[key]}`, 'null, as a prompt says nothing of classes');
  }
  refuseOtherWindows(parts);
  if (unet.addition_embed_type) refuseOtherTextEmbeds(parts);
}

/** What stands in each row behind the latents, by the class that draws. */
function channelsTaken(pipelineClass: string, latents: number): { channels: number[]; what: string } {
  const own = 'the latent channels of the VAE';
  if (isInstruct(pipelineClass)) return { channels: [2 * latents], what: `${own} twice` };
  if (isUpscale(pipelineClass)) return { channels: [latents + 3], what: `${own} and three colours` };
  if (isInpaint(pipelineClass))
    return { channels: [latents, 2 * latents + 1], what: `${own}, or these twice and a mask` };
  return { channels: [latents], what: own };
}

function refuseOtherTextEmbeds({ index, unet, unetFile, textEncoders }: Parts): void {
  const last = textEncoders.at(-1)!;
  const isXl = index._class_name.startsWith('StableDiffusionXL');
  const projected = isXl && last.kind === 'clip' && last.projection ? last.config.projection_dim : undefined;
  const pooled = index.text_states?.pooled ? last.config.hidden_size : projected;
  if (pooled === undefined) {
    refuse(unetFile, 'addition_embed_type is "text_time"', 'a text encoder that gives text_embeds');
  }
  const ids = timeIdCount(index);
  const wanted = pooled + ids * unet.addition_time_embed_dim!;
  const found = unet.projection_class_embeddings_input_dim;
  if (found === wanted) return;
  const sum = `${pooled} text_embeds and ${ids} × ${unet.addition_time_embed_dim}`;
  refuse(unetFile, `projection_class_embeddings_input_dim is ${found}`, `${wanted}: ${sum}`);
}

/** The original size, the crop, and the size wanted or an aesthetic score. */
function timeIdCount(index: Parts['index']): number {
  return index.requires_aesthetics_score ? 5 : 6;
}

function refuseOtherWindows({ index, indexFile, textEncoders }: Parts): void {
  const length = index.text_states?.max_length;
  for (const encoder of textEncoders) {
    const most = encoder.config.max_position_embeddings;
    if (encoder.kind === 'bert') {
      if (length === undefined)
        refuse(indexFile, 'it has no text_states', 'them, as its text encoder is a BertModel');
      if (length > most)
        refuse(indexFile, `text_states.max_length is ${length}`, `at most the encoder's ${most}`);
    } else {
      const first = length ?? textEncoders[0]!.config.max_position_embeddings;
      if (first !== most)
        refuse(indexFile, `its text encoders take ${first} and ${most} tokens`, 'equal numbers');
    }
  }
}
