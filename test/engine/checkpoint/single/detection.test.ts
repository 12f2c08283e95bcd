import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { UNetConfig } from '../../../../src/engine/checkpoint/config/unet.js';
import { unetLevels } from '../../../../src/engine/checkpoint/config/unetLevels.js';
import { type Checkpoint, openCheckpoint } from '../../../../src/engine/checkpoint/folder.js';
import { readModelFacts } from '../../../../src/engine/readModelFacts.js';
import { resolveScheduler } from '../../../../src/engine/schedulers/resolve.js';
import { checkpointFolder } from '../../../fixtures/checkpoint.js';
import { singleFamilies, singleFile } from '../../../fixtures/singleFile.js';
import { scratchFolder } from '../scratch.js';
import { type Listed, realTensors, reshaped, sd2Tensors, writeEmptyFile } from './emptyFile.js';

const firstConv = 'model.diffusion_model.input_blocks.0.0.weight';
const sd1 = () => realTensors('sd15');
const xl = () => realTensors('sdxl');
const nowhere = { cacheFolder: '/nowhere' };

/** What a checkpoint is, however its config says it. */
function essence({ unet, vae, textEncoders, scheduler, pipelineClass, ...rest }: Checkpoint) {
  const { config } = unet;
  const { only_cross_attention: _, ...told } = config;
  const plain = [
    'in_channels',
    'out_channels',
    'use_linear_projection',
    'norm_num_groups',
    'block_out_channels',
  ];
  const added = ['addition_embed_type', 'addition_time_embed_dim', 'projection_class_embeddings_input_dim'];
  const middle = ['mid_block_type', 'num_class_embeds', 'class_embed_type'];
  const { down, mid, up } = unetLevels(config);
  // A level without attention has no use for what its config says of attention.
  const used = (levels: typeof down) =>
    levels.map(({ type, channels, transformerLayers, ...more }) =>
      type.includes('CrossAttn')
        ? { type, channels, transformerLayers, ...more }
        : { type, channels, resnets: transformerLayers.length },
    );
  const { sample_size: _pixels, ...vaeConfig } = vae.config as { sample_size?: unknown };
  return {
    pipelineClass,
    unet: [...plain, ...added, ...middle].map((key) => [key, told[key as keyof typeof told]]),
    levels: { down: used(down), up: used(up), mid: config.mid_block_type?.includes('CrossAttn') && mid },
    vae: { kind: vae.kind, ...vaeConfig },
    textEncoders: textEncoders.map(
      ({ kind, config: { vocab_size, hidden_size, num_hidden_layers, ...more } }) => ({
        ...{ kind, vocab_size, hidden_size, num_hidden_layers },
        heads: more.num_attention_heads,
        activation: more.hidden_act,
        intermediate: more.intermediate_size,
      }),
    ),
    scheduler: resolveScheduler(scheduler, undefined, pipelineClass).schedule(7),
    className: (scheduler as { _class_name: string })._class_name,
    size: [rest.sampleHeight, rest.sampleWidth, rest.vaeScaleFactor],
  };
}

describe('a file is found to be what its folder says it is', () => {
  it.each(singleFamilies)('%s', async (family) => {
    const [file, folder] = [await singleFile(family), await checkpointFolder(family)];
    expect(essence(await openCheckpoint(file, nowhere))).toEqual(
      essence(await openCheckpoint(folder, nowhere)),
    );
  });

  it.each(['sd15', 'sdxl'] as const)('%s at its real size', async (model) => {
    const { unet, textEncoders, vae } = await opened(await realTensors(model));
    const url = new URL(`../../../../bench/${model}/checkpoint/`, import.meta.url);
    const config = async (name: string) =>
      JSON.parse(await readFile(fileURLToPath(new URL(`${name}/config.json`, url)), 'utf8'));
    const wanted = UNetConfig.parse(await config('unet'));
    const ignored = (level: { type: string }) => !level.type.includes('CrossAttn');
    const levels = (one: UNetConfig) => unetLevels(one).down.filter((level) => !ignored(level));
    expect(levels(unet.config)).toEqual(levels(wanted));
    expect(unetLevels(unet.config).mid).toEqual(unetLevels(wanted).mid);
    expect(unet.config.sample_size).toBe(wanted.sample_size);
    for (const [i, name] of ['text_encoder', 'text_encoder_2'].slice(0, textEncoders.length).entries()) {
      const { hidden_size, num_attention_heads, num_hidden_layers, hidden_act } = await config(name);
      const found = { hidden_size, num_attention_heads, num_hidden_layers, hidden_act };
      expect(textEncoders[i]!.config).toMatchObject(found);
    }
    const { block_out_channels, layers_per_block } = await config('vae');
    expect(vae.config).toMatchObject({ block_out_channels, layers_per_block, use_quant_conv: true });
  });
});

/** SDXL's with one text encoder and another context, as its refiner has them. */
async function refinerTensors(): Promise<Map<string, Listed>> {
  const kept = [...(await realTensors('sdxl'))].filter(
    ([name]) => !name.startsWith('conditioner.embedders.0.'),
  );
  const renamed = new Map(kept.map(([name, one]) => [name.replace('embedders.1.', 'embedders.0.'), one]));
  return reshaped(renamed, (name, [rows]) => {
    if (/attn2\.to_[kv]\.weight$/.test(name)) return [rows!, 1280];
    return name.endsWith('label_emb.0.0.weight') ? [rows!, 2560] : undefined;
  });
}

/** A U-Net that takes more beside the latents. */
const taking = (channels: number, tensors: () => Promise<Map<string, Listed>>) => async () =>
  reshaped(await tensors(), (name, shape) => (name === firstConv ? [shape[0]!, channels, 3, 3] : undefined));

/** The ×4 upscaler's: a VAE of three levels, noise levels as classes, the prompt in place of the map on most levels. */
async function upscalerTensors(): Promise<Map<string, Listed>> {
  const all = await taking(7, sd2Tensors)();
  const kept = [...all].filter(([name]) => !/first_stage_model\..*\.(up|down)\.3\./.test(name));
  const tensors = new Map([...kept, ['model.diffusion_model.label_emb.weight', { shape: [1000, 1280] }]]);
  return reshaped(tensors, (name, [rows]) =>
    /input_blocks\.[1-8]\.1\..*attn1\.to_[kv]\.weight$/.test(name) ? [rows!, 1024] : undefined,
  );
}

describe('what a file is asked for follows from its keys', () => {
  it.each<
    [what: string, () => Promise<Map<string, Listed>>, className: string, tasks: string[], pixels: number]
  >([
    ['SD 1.5', () => realTensors('sd15'), 'StableDiffusionPipeline', ['text', 'picture', 'mask'], 512],
    ['SD 2 base', sd2Tensors, 'StableDiffusionPipeline', ['text', 'picture', 'mask'], 512],
    ['SDXL', () => realTensors('sdxl'), 'StableDiffusionXLPipeline', ['text', 'picture', 'mask'], 1024],
    [
      'SD 1 for inpainting',
      taking(9, sd1),
      'StableDiffusionInpaintPipeline',
      ['text', 'picture', 'mask'],
      512,
    ],
    [
      'SD 2 for inpainting',
      taking(9, sd2Tensors),
      'StableDiffusionInpaintPipeline',
      ['text', 'picture', 'mask'],
      512,
    ],
    [
      'SDXL for inpainting',
      taking(9, xl),
      'StableDiffusionXLInpaintPipeline',
      ['text', 'picture', 'mask'],
      1024,
    ],
    ['instruct-pix2pix', taking(8, sd1), 'StableDiffusionInstructPix2PixPipeline', ['instruct'], 512],
    ["SDXL's refiner", refinerTensors, 'StableDiffusionXLImg2ImgPipeline', ['picture'], 1024],
  ])('%s', async (_, tensors, className, tasks, pixels) => {
    const path = await written(await tensors());
    expect((await openCheckpoint(path, nowhere)).pipelineClass).toBe(className);
    expect(await readModelFacts(path)).toMatchObject({ tasks, width: pixels, height: pixels, multiple: 8 });
  });

  test("Stability's turbo models, which are known by their names alone, take one step and no guidance", async () => {
    const path = await written(await realTensors('sdxl'), 'sd_xl_turbo_1.0_fp16.safetensors');
    const facts = await readModelFacts(path);
    expect(facts).toMatchObject({ steps: 1, guidance: 0, width: 512, height: 512 });
    const { scheduler } = await openCheckpoint(path, nowhere);
    expect(scheduler).toMatchObject({
      _class_name: 'EulerAncestralDiscreteScheduler',
      timestep_spacing: 'trailing',
    });
  });

  test("the ×4 upscaler's noise levels, its VAE's three levels and its cross-attention are seen", async () => {
    const checkpoint = await opened(await upscalerTensors());
    expect(checkpoint).toMatchObject({
      ...{ pipelineClass: 'StableDiffusionUpscalePipeline', vaeScaleFactor: 4, sampleWidth: 128 },
      upscaling: { maxNoiseLevel: 350, lowResScheduler: { clip_sample: true } },
      scheduler: { _class_name: 'DDIMScheduler', prediction_type: 'v_prediction', beta_end: 0.02 },
    });
    const { num_class_embeds, attention_head_dim, only_cross_attention } = checkpoint.unet.config;
    expect({ num_class_embeds, attention_head_dim, only_cross_attention }).toEqual({
      ...{ num_class_embeds: 1000, attention_head_dim: 8 },
      only_cross_attention: [true, true, true, false],
    });
  });

  test('SD 2 has 23 of the 24 layers that its file has, heads of 64 channels, and exact gelu', async () => {
    const { textEncoders, unet } = await opened(await sd2Tensors());
    expect(textEncoders[0]!.config).toMatchObject({
      ...{ hidden_size: 1024, num_hidden_layers: 23, num_attention_heads: 16, hidden_act: 'gelu' },
    });
    expect(unetLevels(unet.config).down.map(({ heads }) => heads)).toEqual([5, 10, 20, 20]);
    expect(unet.config.use_linear_projection).toBe(true);
  });
});

async function written(tensors: ReadonlyMap<string, Listed>, name = 'dreamy.safetensors'): Promise<string> {
  const path = join(await scratchFolder(), name);
  await writeEmptyFile(path, tensors);
  return path;
}

async function opened(tensors: ReadonlyMap<string, Listed>): Promise<Checkpoint> {
  return openCheckpoint(await written(tensors), nowhere);
}
