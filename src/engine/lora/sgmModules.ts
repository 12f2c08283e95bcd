/** What the parts of a residual block are called in the U-Net that Stable Diffusion was published with, and in diffusers'. */
const resnetParts = [
  ['in_layers.0', 'norm1'],
  ['in_layers.2', 'conv1'],
  ['emb_layers.1', 'time_emb_proj'],
  ['out_layers.0', 'norm2'],
  ['out_layers.3', 'conv2'],
  ['skip_connection', 'conv_shortcut'],
] as const;

const single = [
  ['time_embed.0', 'time_embedding.linear_1'],
  ['time_embed.2', 'time_embedding.linear_2'],
  ['label_emb.0.0', 'add_embedding.linear_1'],
  ['label_emb.0.2', 'add_embedding.linear_2'],
  ['input_blocks.0.0', 'conv_in'],
  ['out.0', 'conv_norm_out'],
  ['out.2', 'conv_out'],
] as const;

/**
 * The names that a U-Net's modules have in the original layout (SGM, LDM), which kohya's SDXL files are written in.
 * The blocks are counted from diffusers' names alone, so that a network of fewer blocks is counted right as well.
 *
 * Source: diffusers, `_maybe_map_sgm_blocks_to_diffusers`; openaimodel.py of CompVis/stable-diffusion.
 * @param modules diffusers' names
 * @returns original names to diffusers'
 * @example sgmModules(['down_blocks.0.resnets.0.conv1', …]).get('input_blocks.1.0.in_layers.2'); // 'down_blocks.0.resnets.0.conv1'
 */
export function sgmModules(modules: Iterable<string>): Map<string, string> {
  const blocks = new Map<string, string>([
    ['mid_block.resnets.0', 'middle_block.0'],
    ['mid_block.attentions.0', 'middle_block.1'],
    ['mid_block.resnets.1', 'middle_block.2'],
  ]);
  const all = [...modules];
  const has = (start: string) => all.some((module) => module.startsWith(`${start}.`));

  let next = 1;
  for (let level = 0; has(`down_blocks.${level}`); level++) {
    const block = `down_blocks.${level}`;
    for (let i = 0; has(`${block}.resnets.${i}`); i++, next++) {
      blocks.set(`${block}.resnets.${i}`, `input_blocks.${next}.0`);
      blocks.set(`${block}.attentions.${i}`, `input_blocks.${next}.1`);
    }
    if (has(`${block}.downsamplers.0`))
      blocks.set(`${block}.downsamplers.0.conv`, `input_blocks.${next++}.0.op`);
  }
  next = 0;
  for (let level = 0; has(`up_blocks.${level}`); level++) {
    const block = `up_blocks.${level}`;
    for (let i = 0; has(`${block}.resnets.${i}`); i++, next++) {
      blocks.set(`${block}.resnets.${i}`, `output_blocks.${next}.0`);
      blocks.set(`${block}.attentions.${i}`, `output_blocks.${next}.1`);
    }
    // It stands behind what else its last layer has.
    const behind = has(`${block}.attentions.0`) ? 2 : 1;
    blocks.set(`${block}.upsamplers.0.conv`, `output_blocks.${next - 1}.${behind}.conv`);
  }

  const names = new Map<string, string>(single);
  for (const module of all) {
    const original = originalName(module, blocks);
    if (original) names.set(original, module);
  }
  return names;
}

function originalName(module: string, blocks: ReadonlyMap<string, string>): string | undefined {
  const match =
    /^(?:(?:down|up)_blocks\.\d+|mid_block)\.(?:resnets|attentions|(?:down|up)samplers)\.\d+/.exec(module);
  if (!match) return undefined;
  const [start] = match;
  const sampler = blocks.get(module);
  if (sampler) return sampler;
  const block = blocks.get(start);
  if (!block) return undefined;
  const rest = module.slice(start.length + 1);
  if (!start.includes('.resnets.')) return `${block}.${rest}`;
  const part = resnetParts.find(([, name]) => name === rest);
  return part && `${block}.${part[0]}`;
}
