"""Latent consistency models: guidance is a condition of the U-Net, and a handful of steps is enough."""
from . import requests as ask
from .parts import clip, model_index, unet, vae, with_prefix
from .sd import BETAS, NEW, NO_SAFETY
from .sdxl import XL_VAE, bigg, sdxl, xl_unet

LCM = {
    "_class_name": "LCMScheduler", "_diffusers_version": "0.22.0.dev0", **BETAS, "clip_sample": False,
    "clip_sample_range": 1.0,
    "dynamic_thresholding_ratio": 0.995, "original_inference_steps": 50, "prediction_type": "epsilon",
    "rescale_betas_zero_snr": False, "sample_max_value": 1.0, "set_alpha_to_one": True, "steps_offset": 0,
    "thresholding": False, "timestep_scaling": 10.0, "timestep_spacing": "leading", "trained_betas": None,
}
GAINS = {r"cond_proj": 2.0}


def lcm(name, seed, pipeline, pictures):
    return dict(
        name=name, seed=seed, texts=[], tokenizers={"tokenizer": "clip"}, pictures=pictures,
        index=model_index(pipeline, "LCMScheduler", **NO_SAFETY, _diffusers_version="0.22.0.dev0",
            requires_safety_checker=False),
        configs={"scheduler/scheduler_config.json": LCM},
        components={
            "text_encoder": clip(rename=with_prefix), "vae": vae(config=NEW),
            "unet": unet((32, 64), "CC", "CC", {**NEW, "attention_head_dim": 4, "cross_attention_dim": 32,
            "time_cond_proj_dim": 48}, gains=GAINS),
        },
    )


def asked(**more):
    ask_for = lambda seed, **other: {**ask.PLAIN, "guidance": 8.5, "seed": seed, **more, **other}
    return [
        *((f"steps-{n}", ask_for(n, steps=n)) for n in (1, 2, 4, 8)),
        ("no-guidance", ask_for(9, steps=3, guidance=1.0)),
        ("img2img", ask_for(10, steps=4, init="init-64x64.png", strength=0.6)),
    ]


own = lcm("lcm", 15, "LatentConsistencyModelPipeline", [
    *asked(), ("defaults", {"prompt": "the moon and the river", "seed": 20}),
    ("img2img-defaults", {"prompt": "the moon and the river", "seed": 21, "init": "init-64x64.png"}),
    ("wide", {**ask.PLAIN, "steps": 3, "width": 104, "height": 56, "seed": 11}),
])
plain = lcm("lcm-sd", 16, "StableDiffusionPipeline", [*asked(),
    *ask.schedulers(steps=4, names=["lcm", "tcd", "ddim", "euler"])])
xl = sdxl(
    "lcm-xl", 17, clip(hidden=24, layers=2, heads=2), bigg(32, hidden=32, layers=2),
    xl_unet((32, 64), "DC", "CD", 56, 32, {"attention_head_dim": [2, 4], "transformer_layers_per_block": [1, 2],
        "time_cond_proj_dim": 32}, gains=GAINS),
    vae(config=XL_VAE), scheduler=LCM, pictures=asked(),
)

FAMILIES = [own, plain, xl]
