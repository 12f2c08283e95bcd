"""Stable Diffusion 1.x and 2.x in miniature."""
from . import requests as ask
from .parts import VOCABULARY, clip, model_index, old_attention, tiny_vae, unet, vae, with_prefix

BETAS = {"beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000}
NO_SAFETY = {"feature_extractor": [None, None], "safety_checker": [None, None]}
POSITIONS = [["text_model.embeddings.position_ids", [1, 77], "arange"]]

PNDM = {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", **BETAS, "set_alpha_to_one": False,
    "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None, "clip_sample": False,
}

sd1 = dict(
    name="sd1", seed=1,
    index=model_index("StableDiffusionPipeline", "PNDMScheduler", **NO_SAFETY),
    configs={"scheduler/scheduler_config.json": PNDM},
    tokenizers={"tokenizer": "clip"},
    components={
        "text_encoder": clip(rename=with_prefix, extra=POSITIONS),
        # _diffusers_version is below 0.9: the pipeline turns a sample_size under 64 into 64, so it is 64 as in SD 1.5.
        "unet": unet((32, 32, 64, 64), "CCCD", "DCCC", {"attention_head_dim": 8, "cross_attention_dim": 32,
        "_diffusers_version": "0.6.0", "sample_size": 64}),
        "vae": vae(rename=old_attention, config={"_diffusers_version": "0.6.0", "sample_size": 512}),
    },
    texts=ask.TEXTS,
    pictures=[*ask.schedulers(steps=5), *ask.from_picture(), *ask.variety(), *ask.hasty()],
)

DDIM = {
    "_class_name": "DDIMScheduler", "_diffusers_version": "0.8.0", **BETAS, "clip_sample": False,
    "prediction_type": "v_prediction",
    "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
}
# Written before steps_offset and clip_sample existed: the pipeline patches what it finds, from_config drops what it patched.
OLD_PNDM = {"_class_name": "PNDMScheduler", "_diffusers_version": "0.2.2", **BETAS, "skip_prk_steps": True}
OLD_DDIM = {"_class_name": "DDIMScheduler", "_diffusers_version": "0.2.2", **BETAS}
ZERO_SNR = {**DDIM, "rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "steps_offset": 0}
TURBO = {
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.24.0.dev0", **BETAS,
    "interpolation_type": "linear",
    "prediction_type": "epsilon", "sample_max_value": 1.0, "set_alpha_to_one": False, "skip_prk_steps": True,
    "steps_offset": 1,
    "timestep_spacing": "trailing", "trained_betas": None, "use_karras_sigmas": False,
}
NEW = {"_diffusers_version": "0.10.0.dev0"}
SD2_UNET = {**NEW, "attention_head_dim": [2, 4, 4], "dual_cross_attention": False, "num_class_embeds": None,
    "only_cross_attention": False, "use_linear_projection": True}


def openclip(**options):
    """SD 2.x's text encoder: OpenCLIP ViT-H without its last layer, exact gelu; its tokenizer pads with "!"."""
    return clip(activation="gelu", rename=with_prefix, extra=POSITIONS, config={"projection_dim": 48}, **options)


def sd2(name, seed, scheduler, unet_config, **more):
    return dict(
        name=name, seed=seed, tokenizers={"tokenizer": "clip-bang"},
        index=model_index("StableDiffusionPipeline", scheduler["_class_name"], **NO_SAFETY,
            _diffusers_version="0.10.0.dev0", requires_safety_checker=False),
        configs={"scheduler/scheduler_config.json": scheduler},
        **{"texts": ask.TEXTS, "components": {
            "text_encoder": openclip(hidden=40), "vae": vae(config=NEW),
            "unet": unet((32, 64, 64), "CCD", "DCC", {"cross_attention_dim": 40, **SD2_UNET, **unet_config}),
        }, **more},
    )


sd2v = sd2("sd2v", 2, DDIM, {}, pictures=[
    *ask.schedulers(steps=5), *ask.variety(),
    ("defaults", {"prompt": "the moon and the river", "seed": 20}),
    ("img2img-defaults", {"prompt": "the moon and the river", "seed": 21, "init": "init-64x64.png"}),
    ("exclaimed", {"prompt": "a happy dog! a red cat!!", "negative": "blurry!", "seed": 22, "steps": 2, "width": 64,
        "height": 64, "guidance": 5.0}),
], batch={"prompt": "a small robot", "seed": 30, "steps": 3, "guidance": 5.0, "width": 64, "height": 64})
sd2base = sd2("sd2-base", 3, {**PNDM, "prediction_type": "epsilon"}, {}, pictures=ask.few(), texts=[])
sd2zero = sd2("sd2v-zero-snr", 4, ZERO_SNR, {}, pictures=[*ask.schedulers(steps=4), *ask.hasty()], texts=[])
# Other sizes: two levels of 3 layers a block, and a VAE with two layers a block and f = 4.
sdturbo = sd2("sd-turbo", 5, TURBO, {}, texts=ask.TEXTS[:1], pictures=[
    ("own", {"prompt": "a happy dog", "steps": 1, "guidance": 0.0, "seed": 1, "width": 64, "height": 64}),
    ("two", {"prompt": "a red house", "steps": 2, "guidance": 0.0, "seed": 2, "width": 64, "height": 64,
        "negative": "night"}),
    ("img2img", {"prompt": "a red house", "steps": 2, "guidance": 0.0, "seed": 3, "width": 64, "height": 64,
        "init": "init-64x64.png", "strength": 0.5}),
], components={
    "text_encoder": openclip(hidden=24, layers=2, heads=2), "vae": vae((24, 32, 48), layers=2, config=NEW),
    "unet": unet((24, 48), "CC", "CC", {"cross_attention_dim": 24, **SD2_UNET, "attention_head_dim": [3, 6],
    "layers_per_block": 3, "sample_size": 16}),
})

sd1half = dict(
    name="sd1-fp16", seed=6, variant="fp16", texts=ask.TEXTS[:1], tokenizers={"tokenizer": "clip"},
    index=model_index("StableDiffusionPipeline", "PNDMScheduler", **NO_SAFETY, _diffusers_version="0.2.2"),
    configs={"scheduler/scheduler_config.json": OLD_PNDM},
    components={
        "text_encoder": clip(dtype="F16", variant="fp16"),
        "unet": unet((32, 64), "CD", "DC", {**NEW, "attention_head_dim": 4, "cross_attention_dim": 32}, dtype="F16",
        variant="fp16"),
        "vae": vae(config=NEW, dtype="F16", variant="fp16"),
    },
    pictures=[*ask.schedulers(steps=4), *ask.few()],
)
sd1bf16 = dict(
    name="sd1-bf16", seed=7, texts=ask.TEXTS[:1], tokenizers={"tokenizer": "clip-json"},
    index=model_index("StableDiffusionPipeline", "DDIMScheduler", **NO_SAFETY, _diffusers_version="0.35.0"),
    configs={"scheduler/scheduler_config.json": OLD_DDIM},
    components={
        "text_encoder": clip(hidden=48, heads=6, dtype="BF16", rename=with_prefix,
        config={"eos_token_id": VOCABULARY - 1, "bos_token_id": VOCABULARY - 2}),
        "unet": unet((48, 96), "CC", "CC", {**NEW, "attention_head_dim": 8, "cross_attention_dim": 48,
        "norm_num_groups": 16, "layers_per_block": 2}, dtype="BF16", shards=3),
        "vae": vae((16, 32), groups=16, layers=2, config=NEW, dtype="BF16"),
    },
    pictures=[*ask.schedulers(steps=5, names=["ddim", "pndm", "euler_a", "dpmpp_2m"],
        plain={**ask.PLAIN, "width": 32, "height": 40}), *ask.few({**ask.PLAIN, "width": 48, "height": 32})],
)
tiny = dict(
    name="sd1-distilled", seed=8, texts=[], tokenizers={"tokenizer": "clip"},
    index=model_index("StableDiffusionPipeline", "DPMSolverMultistepScheduler", **NO_SAFETY,
        _diffusers_version="0.15.0", vae=["diffusers", "AutoencoderTiny"]),
    configs={"scheduler/scheduler_config.json": {**PNDM, "_class_name": "DPMSolverMultistepScheduler",
        "algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint", "lower_order_final": True,
        "thresholding": False, "prediction_type": "epsilon"}},
    components={
        "text_encoder": clip(),
        "unet": unet((32, 64, 64), "CCC", "CCC", {**NEW, "attention_head_dim": 8, "cross_attention_dim": 32,
        "mid_block_type": None}),
        "vae": tiny_vae(),
    },
    pictures=ask.few(),
)

# No tokenizer folder: CLIP's whole vocabulary, which the engine brings along. Its index names a safety checker, as the
# hub's does; the folder has none.
bare = dict(
    name="sd1-bare", seed=9, texts=["A Happy dog, photorealistic café № 5!", *ask.TEXTS[2:]], tokenizers={},
    index=model_index(
        "StableDiffusionPipeline", "PNDMScheduler", feature_extractor=["transformers", "CLIPImageProcessor"],
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
    ),
    configs={"scheduler/scheduler_config.json": PNDM},
    components={
        "text_encoder": clip(hidden=16, layers=2, heads=2, config={"vocab_size": 49408}),
        "unet": unet((16, 32), "CD", "DC", {**NEW, "attention_head_dim": 4, "cross_attention_dim": 16}),
        "vae": vae(config=NEW),
    },
    pictures=ask.few({**ask.PLAIN, "prompt": "A Happy dog, photorealistic café № 5!"}),
)

FAMILIES = [sd1, bare, sd1half, sd1bf16, tiny, sd2v, sd2base, sd2zero, sdturbo]
