"""Stable Diffusion XL in miniature: two text encoders, sizes as a condition."""
from . import requests as ask
from .parts import clip, model_index, unet, vae, with_prefix
from .sd import BETAS, POSITIONS, TURBO

EULER = {
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.19.0.dev0", **BETAS, "clip_sample": False,
    "interpolation_type": "linear", "prediction_type": "epsilon", "sample_max_value": 1.0, "set_alpha_to_one": False,
    "skip_prk_steps": True, "steps_offset": 1, "timestep_spacing": "leading", "trained_betas": None,
    "use_karras_sigmas": False,
}
NEW = {"_diffusers_version": "0.19.0.dev0"}
XL_VAE = {**NEW, "force_upcast": True, "scaling_factor": 0.13025, "sample_size": 1024}


def sdxl(name, seed, first, second, unet_part, vae_part, scheduler=EULER, force_zeros=True, **more):
    return dict(
        name=name, seed=seed, tokenizers={"tokenizer": "clip", "tokenizer_2": "clip-bang"},
        index=model_index(
            "StableDiffusionXLPipeline", scheduler["_class_name"], _diffusers_version="0.19.0.dev0",
            force_zeros_for_empty_prompt=force_zeros, add_watermarker=None,
            text_encoder_2=["transformers", "CLIPTextModelWithProjection"],
            tokenizer_2=["transformers", "CLIPTokenizer"],
        ),
        configs={"scheduler/scheduler_config.json": scheduler},
        components={"text_encoder": first, "text_encoder_2": second, "unet": unet_part, "vae": vae_part},
        **{"texts": [], **more},
    )


def xl_unet(channels, down, up, states, pooled, config, **options):
    """`states` is the width of both encoders together, `pooled` that of the second's projection."""
    base = {
        **NEW, "addition_embed_type": "text_time", "addition_embed_type_num_heads": 64, "addition_time_embed_dim": 16,
        "cross_attention_dim": states, "projection_class_embeddings_input_dim": pooled + 6 * 16,
        "use_linear_projection": True,
        "upcast_attention": None, "time_cond_proj_dim": None, "num_class_embeds": None,
        "mid_block_type": "UNetMidBlock2DCrossAttn",
    }
    return unet(channels, down, up, base | config, **options)


def bigg(projection, **options):
    """OpenCLIP ViT-bigG's text encoder with its projection."""
    return clip(activation="gelu", projection=projection, extra=POSITIONS, **options)


base = sdxl(
    "sdxl", 11, clip(rename=with_prefix, extra=POSITIONS), bigg(40, hidden=48, layers=4),
    xl_unet((32, 64, 64), "DCC", "CCD", 80, 40, {
        "attention_head_dim": [2, 4, 4], "transformer_layers_per_block": [1, 2, 3],
    }),
    vae(config=XL_VAE), texts=ask.TEXTS,
    pictures=[*ask.schedulers(steps=5), *ask.variety(), ("defaults", {"prompt": "the moon and the river", "seed": 20}),
              ("img2img-defaults", {"prompt": "the moon and the river", "seed": 21, "init": "init-64x64.png"})],
    batch={"prompt": "a small robot", "seed": 30, "steps": 3, "guidance": 5.0, "width": 64, "height": 64},
)
# Another width everywhere, states for an empty negative prompt, latents with a mean and std, ends found by their id.
wide = sdxl(
    "sdxl-wide", 12, clip(hidden=40, layers=2, config={"eos_token_id": 634}),
    bigg(64, hidden=64, layers=3, heads=8, config={"eos_token_id": 634}),
    xl_unet((40, 80), "CC", "CC", 104, 64, {"attention_head_dim": [5, 10], "transformer_layers_per_block": [1, 2],
        "layers_per_block": 2, "norm_num_groups": 10, "sample_size": 12}),
    vae((16, 24, 48), layers=2, config={**XL_VAE, "latents_mean": [-1.6574, 1.886, -1.383, 2.5155],
        "latents_std": [8.4927, 5.9022, 6.5498, 5.2299], "scaling_factor": 0.5}),
    force_zeros=False, scheduler={**EULER, "use_karras_sigmas": True}, texts=ask.TEXTS[:2],
    pictures=[*ask.schedulers(steps=4, names=["euler", "heun", "dpmpp_2m", "unipc", "ddim"],
        plain={**ask.PLAIN, "width": 48, "height": 64}), *ask.few({**ask.PLAIN, "width": 56, "height": 40})],
)
turbo = sdxl(
    "sdxl-turbo", 13, clip(hidden=24, layers=2, heads=2), bigg(32, hidden=32, layers=2),
    xl_unet((32, 64), "DC", "CD", 56, 32, {"attention_head_dim": [2, 4], "transformer_layers_per_block": [1, 2]}),
    vae(config=XL_VAE), scheduler={**TURBO, "_class_name": "EulerAncestralDiscreteScheduler"},
    pictures=[(f"steps-{n}", {**ask.PLAIN, "steps": n, "guidance": 0.0, "seed": n}) for n in (1, 2, 3, 4)]
    + [("img2img", {**ask.PLAIN, "steps": 2, "guidance": 0.0, "seed": 5, "init": "init-64x64.png", "strength": 0.5}),
       ("guided", {**ask.PLAIN, "steps": 4, "guidance": 2.0, "seed": 6, "negative": "blurry city", "width": 96})],
)
# Segmind's SSD-1B: fewer transformers on the way up than down, another number in each, one resnet in the middle.
ssd = sdxl(
    "sdxl-distilled", 14, clip(hidden=24, layers=2, heads=2), bigg(32, hidden=32, layers=2),
    xl_unet((32, 64, 64), "DCC", "CCD", 56, 32, {
        "attention_head_dim": [2, 4, 4], "layers_per_block": 2, "mid_block_type": "UNetMidBlock2D",
        "transformer_layers_per_block": [1, [1, 2], [2, 1]],
        "reverse_transformer_layers_per_block": [[2, 1, 3], [2, 1, 1], 1],
    }),
    vae(config=XL_VAE), pictures=ask.few(),
)

FAMILIES = [base, wide, turbo, ssd]
