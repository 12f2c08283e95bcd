import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { recordedPictures } from '../../fixtures/families.js';
import { scratchFolder } from './scratch.js';

const sprite = fileURLToPath(new URL('../../../assets/models/sprite', import.meta.url));
const options = { cacheFolder: join(sprite, 'never-written') };

/** The built-in model's configs in a folder of their own, one JSON file changed. */
async function changed(file: string, change: (json: Record<string, unknown>) => object): Promise<string> {
  const folder = join(await scratchFolder(), 'sprite');
  await cp(sprite, folder, { recursive: true, filter: (path) => !/safetensors$|tokenizer\b/.test(path) });
  const json = JSON.parse(await readFile(join(folder, file), 'utf8')) as Record<string, unknown>;
  await writeFile(join(folder, file), JSON.stringify(change(json)));
  return folder;
}

// The other recorded families are single networks, or what is used besides a checkpoint.
const families = [...new Set((await recordedPictures()).map(({ base, family }) => base ?? family))];

describe('a checkpoint', () => {
  test('is read from a diffusers folder, the built-in model as any other', async () => {
    const checkpoint = await openCheckpoint(sprite, options);
    expect(checkpoint).toMatchObject({
      name: 'sprite',
      folder: sprite,
      pipelineClass: 'SpritePipeline',
      unet: { config: { in_channels: 8 } },
      vae: { kind: 'kl', config: { mid_block_add_attention: false } },
      textEncoders: [
        { kind: 'bert', config: { hidden_size: 384 }, tokenizerFolder: join(sprite, 'tokenizer') },
      ],
      scheduler: { _class_name: 'DDIMScheduler', rescale_betas_zero_snr: true },
      defaults: { steps: 20, guidance: 3 },
      textStates: { max_length: 24, zero_padding: true, pooled: 'masked_mean' },
      vaeScaleFactor: 8,
      sampleHeight: 16,
      sampleWidth: 16,
    });
  });

  test.each(families)('of the family %s opens, weights and all', async (family) => {
    const cacheFolder = await scratchFolder();
    const { unet, vae, textEncoders } = await openCheckpoint(await checkpointFolder(family), { cacheFolder });
    const opened = await Promise.all([unet, vae, ...textEncoders].map((component) => component.weights()));
    expect(opened[0]!.tensors.get('conv_in.weight')?.shape.slice(0, 2)).toEqual([
      unet.config.block_out_channels[0],
      unet.config.in_channels,
    ]);
    for (const [i, { config }] of textEncoders.entries()) {
      const { tensors } = opened[2 + i]!;
      const words =
        tensors.get('text_model.embeddings.token_embedding.weight') ??
        tensors.get('embeddings.word_embeddings.weight');
      expect(words?.shape).toEqual([config.vocab_size, config.hidden_size]);
    }
  });

  test('opens the weights of a component once', async () => {
    const { vae } = await openCheckpoint(sprite, { cacheFolder: await scratchFolder() });
    expect(vae.weights()).toBe(vae.weights());
  });

  test('opens the weights of a component again where that failed', async () => {
    const folder = await changed('model_index.json', (json) => json);
    const { vae } = await openCheckpoint(folder, { cacheFolder: await scratchFolder() });
    await expect(vae.weights()).rejects.toThrow(/there are no weights in it/);
    const file = 'vae/diffusion_pytorch_model.safetensors';
    await cp(join(sprite, file), join(folder, file));
    expect((await vae.weights()).tensors.size).toBe(168);
  });

  test('takes the class of its scheduler from model_index.json, as from_pretrained does', async () => {
    const folder = await changed('model_index.json', (json) => ({
      ...json,
      scheduler: ['diffusers', 'LCMScheduler'],
    }));
    const { scheduler } = await openCheckpoint(folder, options);
    expect(scheduler).toMatchObject({ _class_name: 'LCMScheduler', timestep_spacing: 'trailing' });
  });

  test.each<[what: string, pipeline: string, unet: object, size: number[]]>([
    [
      'of a Stable Diffusion before diffusers 0.9 is 64, not 32',
      'StableDiffusionPipeline',
      { sample_size: 32, _diffusers_version: '0.6.0' },
      [64, 64],
    ],
    [
      'after it stays',
      'StableDiffusionPipeline',
      { sample_size: 32, _diffusers_version: '0.10.2' },
      [32, 32],
    ],
    [
      'of other pipelines stays',
      'StableDiffusionXLPipeline',
      { sample_size: 32, _diffusers_version: '0.6.0' },
      [32, 32],
    ],
    [
      'may be given by side',
      'StableDiffusionPipeline',
      { sample_size: [12, 20], _diffusers_version: '0.6.0' },
      [12, 20],
    ],
    ["is the VAE's where the U-Net has none", 'SpritePipeline', { sample_size: null }, [16, 16]],
  ])('whose sample size %s', async (_, _class_name, unet, size) => {
    const folder = await changed('unet/config.json', (json) => ({ ...json, ...unet }));
    const index = JSON.parse(await readFile(join(folder, 'model_index.json'), 'utf8')) as object;
    await writeFile(join(folder, 'model_index.json'), JSON.stringify({ ...index, _class_name }));
    const { sampleHeight, sampleWidth } = await openCheckpoint(folder, options);
    expect([sampleHeight, sampleWidth]).toEqual(size);
  });
});

describe('a checkpoint is refused', () => {
  const clip = { text_encoder: ['transformers', 'CLIPVisionModel'] };
  test.each<[what: string, file: string, change: object, why: string]>([
    [
      'without a U-Net',
      'model_index.json',
      { unet: undefined },
      'its "SpritePipeline" has no unet, want UNet2DConditionModel',
    ],
    [
      'with a null U-Net',
      'model_index.json',
      { unet: [null, null] },
      'its "SpritePipeline" has no unet, want UNet2DConditionModel',
    ],
    [
      'with another U-Net',
      'model_index.json',
      { unet: ['diffusers', 'UNet3D'] },
      'its unet is of class "UNet3D", want UNet2DConditionModel',
    ],
    [
      'with another VAE',
      'model_index.json',
      { vae: ['diffusers', 'VQModel'] },
      'its vae is of class "VQModel", want AutoencoderKL or AutoencoderTiny',
    ],
    [
      'without a text encoder',
      'model_index.json',
      { text_encoder: [null, null] },
      'its "SpritePipeline" has no text_encoder, want CLIPTextModel or BertModel',
    ],
    [
      'with another text encoder',
      'model_index.json',
      clip,
      'its text_encoder is of class "CLIPVisionModel", want CLIPTextModel or CLIPTextModelWithProjection or BertModel',
    ],
    [
      'without a scheduler',
      'model_index.json',
      { scheduler: undefined },
      'its "SpritePipeline" has no scheduler, want one',
    ],
    [
      'whose U-Net takes more than latents',
      'unet/config.json',
      { in_channels: 9 },
      'in_channels is 9, want 8, the latent channels of the VAE',
    ],
    [
      'whose U-Net gives more than latents',
      'unet/config.json',
      { out_channels: 16 },
      'out_channels is 16, want 8, the latent channels of the VAE',
    ],
    [
      'whose U-Net wants classes',
      'unet/config.json',
      { num_class_embeds: 1000 },
      'num_class_embeds is 1000, want null, as a prompt says nothing of classes',
    ],
    [
      'whose pooled text is of another width',
      'unet/config.json',
      { projection_class_embeddings_input_dim: 2816 },
      'projection_class_embeddings_input_dim is 2816, want 576: 384 text_embeds and 6 × 32',
    ],
    [
      'without text_states for its BERT',
      'model_index.json',
      { text_states: undefined },
      'it has no text_states, want them, as its text encoder is a BertModel',
    ],
    [
      'whose prompts are longer than its text encoder takes',
      'model_index.json',
      { text_states: { max_length: 513, pooled: 'masked_mean' } },
      "text_states.max_length is 513, want at most the encoder's 512",
    ],
    [
      'whose text is too narrow',
      'unet/config.json',
      { cross_attention_dim: 768 },
      'cross_attention_dim is 768, want 384, the channels of the text states',
    ],
  ])('%s', async (_, file, change, why) => {
    const folder = await changed(file, (json) => ({ ...json, ...change }));
    await expect(openCheckpoint(folder, options)).rejects.toMatchObject({
      code: 'bad-model',
      message: `Cannot open ${join(folder, file)}: ${why}`,
    });
  });

  test.each<[family: string, change: object, why: string]>([
    [
      'sd1-inpaint',
      { in_channels: 8 },
      'in_channels is 8, want 4 or 9, the latent channels of the VAE, or these twice and a mask',
    ],
    ['sd1-instruct', { in_channels: 9 }, 'in_channels is 9, want 8, the latent channels of the VAE twice'],
    [
      'sd2-upscale',
      { in_channels: 4 },
      'in_channels is 4, want 7, the latent channels of the VAE and three colours',
    ],
    [
      'sd1-inpaint',
      { num_class_embeds: 9 },
      'num_class_embeds is 9, want null, as a prompt says nothing of classes',
    ],
  ])('of the family %s with %j', async (family, change, why) => {
    const folder = join(await scratchFolder(), family);
    await cp(await checkpointFolder(family), folder, { recursive: true });
    const file = join(folder, 'unet/config.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...config, ...change }));
    await expect(openCheckpoint(folder, options)).rejects.toThrow(`Cannot open ${file}: ${why}`);
  });

  test('that enlarges and does not say how its small picture is noised', async () => {
    const folder = join(await scratchFolder(), 'sd2-upscale');
    await cp(await checkpointFolder('sd2-upscale'), folder, { recursive: true });
    await rm(join(folder, 'low_res_scheduler'), { recursive: true });
    await expect(openCheckpoint(folder, options)).rejects.toThrow(/low_res_scheduler.scheduler_config.json/);
  });

  test('whose U-Net wants text_embeds that no text encoder gives', async () => {
    const textStates = { max_length: 24, zero_padding: true };
    const folder = await changed('model_index.json', (json) => ({ ...json, text_states: textStates }));
    await expect(openCheckpoint(folder, options)).rejects.toThrow(
      'addition_embed_type is "text_time", want a text encoder that gives text_embeds',
    );
  });

  test('whose two text encoders take different numbers of tokens', async () => {
    const folder = join(await scratchFolder(), 'sdxl');
    await cp(await checkpointFolder('sdxl'), folder, { recursive: true });
    const file = join(folder, 'text_encoder_2/config.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...config, max_position_embeddings: 99 }));
    await expect(openCheckpoint(folder, options)).rejects.toThrow(
      /model_index\.json: its text encoders take \d+ and 99 tokens, want equal numbers/,
    );
  });

  test('whose scheduler config is a list', async () => {
    const folder = await changed('scheduler/scheduler_config.json', () => []);
    await expect(openCheckpoint(folder, options)).rejects.toThrow(
      /scheduler_config\.json: it is a list of 0, want an object/,
    );
  });

  test('with a folder missing', async () => {
    const folder = await changed('model_index.json', (json) => json);
    await rm(join(folder, 'vae'), { recursive: true });
    await expect(openCheckpoint(folder, options)).rejects.toThrow(
      `Cannot open ${join(folder, 'vae/config.json')}: there is no such file`,
    );
  });

  test.each<[what: string, make: (path: string) => Promise<unknown>, why: (path: string) => string]>([
    ['that is not there', async () => {}, (path) => `there is no ${path}`],
    [
      'without a model_index.json',
      (path) => mkdir(path),
      (path) => `there is no model_index.json in ${path}`,
    ],
  ])('%s', async (_, make, why) => {
    const path = join(await scratchFolder(), 'dreamy');
    await make(path);
    await expect(openCheckpoint(path, options)).rejects.toThrow(
      `Cannot open model dreamy: ${why(path)}, want a diffusers folder`,
    );
  });
});
