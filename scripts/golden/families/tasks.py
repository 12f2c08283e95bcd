"""Checkpoints made for one task: inpainting (9 channels), editing by instruction (8), the x4 upscaler (7).

And inpainting with checkpoints made for none, whose pipeline keeps what the mask leaves by blending after each step.
"""
from . import requests as ask
from .lcm import lcm
from .parts import clip, model_index, tiny_vae, unet, vae, with_prefix
from .sd import BETAS, DDIM, NEW, NO_SAFETY, PNDM, POSITIONS, SD2_UNET, openclip, sd2
from .sdxl import EULER, XL_VAE, bigg, sdxl, xl_unet

PICTURE = {"prompt": "a happy dog", "guidance": 5.0, "init": "init-64x64.png"}
MASK = {**PICTURE, "mask": "mask-64x64.png"}


def inpainting(steps=4, names=ask.SCHEDULERS):
    """Every scheduler from noise alone and from the picture, and the other things that a mask can meet."""
    wanted = lambda seed, **more: {**MASK, "steps": steps, "seed": seed, **more}
    return [
        ("own", wanted(1, strength=1.0)),
        *((f"whole-{name}", wanted(401 + i, scheduler=name, strength=1.0)) for i, name in enumerate(names)),
        *((f"part-{name}", wanted(421 + i, scheduler=name, strength=0.6)) for i, name in enumerate(names)),
        ("nearly-whole", wanted(2, strength=0.9999)),
        ("negative", wanted(3, strength=0.75, negative="blurry city")),
        ("no-guidance", wanted(4, strength=1.0, guidance=1.0)),
        ("odd", wanted(5, init="init-88x72.png", mask="mask-88x72.png", strength=0.8)),
        ("other-size", wanted(6, mask="mask-50x40.png", strength=1.0)),
        ("shrunk", wanted(7, init="init-128x128.png", width=72, height=56, strength=0.9)),
    ]


def without_mask(steps=4):
    """What an inpainting checkpoint draws where all is to be drawn anew."""
    plain = {**ask.PLAIN, "steps": steps}
    return [
        ("text", {**plain, "seed": 18}),
        ("picture", {**PICTURE, "steps": steps, "seed": 9, "strength": 0.6}),
    ]


FEW = ["ddim", "euler_a", "heun", "unipc"]

# runwayml/stable-diffusion-inpainting.
inpaint = dict(
    name="sd1-inpaint", seed=61, texts=[], tokenizers={"tokenizer": "clip"},
    index=model_index("StableDiffusionInpaintPipeline", "PNDMScheduler", **NO_SAFETY),
    # The file that it had at first, which its pipeline corrects.
    configs={"scheduler/scheduler_config.json": {k: v for k, v in PNDM.items() if k not in ("steps_offset",
        "skip_prk_steps")}},
    components={
        "text_encoder": clip(rename=with_prefix, extra=POSITIONS),
        "unet": unet((32, 64), "CD", "DC", {"_diffusers_version": "0.6.0", "attention_head_dim": 8,
            "cross_attention_dim": 32, "in_channels": 9, "sample_size": 64}),
        "vae": vae((16, 16, 32, 32), groups=2, config={"_diffusers_version": "0.6.0", "sample_size": 512}),
    },
    pictures=[*inpainting(names=FEW), *without_mask(), ("defaults", {**MASK, "seed": 20, "steps": 4})],
)


def xl_task(name, seed, pipeline, channels, scheduler, pictures, **index):
    family = sdxl(
        name, seed, clip(hidden=24, layers=2, heads=2), bigg(32, hidden=32, layers=2),
        xl_unet((32, 64), "DC", "CD", 56, 32, {"attention_head_dim": [2, 4], "transformer_layers_per_block": [1, 2],
            "in_channels": channels}),
        vae(groups=2, config=XL_VAE), scheduler=scheduler, pictures=pictures,
    )
    family["index"] |= {"_class_name": pipeline, **index}
    return family


# diffusers/stable-diffusion-xl-1.0-inpainting-0.1.
xl_inpaint = xl_task("sdxl-inpaint", 62, "StableDiffusionXLInpaintPipeline", 9, EULER,
    [*inpainting(names=["euler", "dpmpp_2m_sde"]), *without_mask(), ("defaults", {**MASK, "seed": 20, "steps": 4})],
    requires_aesthetics_score=False)

# Four channels: SD 1 with all schedulers, SDXL, a latent consistency model, and the tiny autoencoder.
blended = dict(
    name="sd1-blended", seed=63, texts=[], tokenizers={"tokenizer": "clip"},
    index=model_index("StableDiffusionPipeline", "PNDMScheduler", **NO_SAFETY),
    configs={"scheduler/scheduler_config.json": PNDM},
    components={
        "text_encoder": clip(hidden=24, layers=2),
        "unet": unet((32, 64), "CD", "DC", {**NEW, "attention_head_dim": 8, "cross_attention_dim": 24}),
        "vae": vae((16, 16, 32, 32), config=NEW),
    },
    pictures=[*inpainting(), ("defaults", {**MASK, "seed": 20, "steps": 4})],
)
xl_blended = xl_task("sdxl-blended", 64, "StableDiffusionXLPipeline", 4, EULER,
    [*inpainting(names=["euler_a"])[:3], ("defaults", {**MASK, "seed": 20, "steps": 4})])

# Its pipeline hands the strength to the scheduler, the inpainting one to the steps; its guidance is a condition.
consistent = lcm("lcm-blended", 68, "LatentConsistencyModelPipeline", [
    ("own", {**MASK, "steps": 4, "seed": 1, "strength": 1.0}),
    ("part", {**MASK, "steps": 6, "seed": 2, "strength": 0.6}),
])
# The tiny autoencoder takes no noise.
tiny = {**blended, "name": "tiny-blended", "seed": 8, "components": {**blended["components"], "vae": tiny_vae()},
    "index": blended["index"] | {"vae": ["diffusers", "AutoencoderTiny"]}, "pictures": [
    ("own", {**MASK, "steps": 4, "seed": 1, "strength": 1.0}),
    ("part", {**MASK, "steps": 6, "seed": 2, "strength": 0.6, "scheduler": "euler_a"}),
]}

EULER_A = {
    "_class_name": "EulerAncestralDiscreteScheduler", "_diffusers_version": "0.12.0.dev0", **BETAS,
    "clip_sample": False, "prediction_type": "epsilon", "set_alpha_to_one": False, "skip_prk_steps": True,
    "steps_offset": 1, "trained_betas": None,
}


def instructions(steps=4, names=("ddim", "euler", "heun", "dpmpp_2m")):
    wanted = lambda seed, **more: {**PICTURE, "steps": steps, "seed": seed, **more}
    return [
        ("own", wanted(1)),
        *((name, wanted(441 + i, scheduler=name)) for i, name in enumerate(names)),
        ("close", wanted(2, imageGuidance=2.5, negative="blurry city")),
        ("loose", wanted(3, imageGuidance=1.0)),
        ("below-one", wanted(4, imageGuidance=0.9)),
        ("no-guidance", wanted(5, guidance=1.0)),
        ("odd", wanted(6, init="init-88x72.png")),
    ]


# timbrooks/instruct-pix2pix.
instruct = dict(
    name="sd1-instruct", seed=65, texts=[], tokenizers={"tokenizer": "clip"},
    index=model_index("StableDiffusionInstructPix2PixPipeline", "EulerAncestralDiscreteScheduler", **NO_SAFETY,
        _diffusers_version="0.12.0.dev0", requires_safety_checker=False),
    configs={"scheduler/scheduler_config.json": EULER_A},
    components={
        "text_encoder": clip(hidden=24, layers=2),
        "unet": unet((32, 64), "CD", "DC", {**NEW, "attention_head_dim": 8, "cross_attention_dim": 24,
            "in_channels": 8}),
        "vae": vae((16, 16, 32, 32), config=NEW),
    },
    pictures=[*instructions(), ("defaults", {"prompt": "the moon and the river", "init": "init-64x64.png", "seed": 20,
        "steps": 5})],
)
xl_instruct = xl_task("sdxl-instruct", 66, "StableDiffusionXLInstructPix2PixPipeline", 8, EULER_A,
    instructions(names=("euler",)))


def enlarged(steps=4, names=("euler", "dpmpp_2m", "euler_a")):
    wanted = lambda seed, **more: {**PICTURE, "init": "init-24x20.png", "steps": steps, "seed": seed, **more}
    return [
        ("own", wanted(1)),
        *((name, wanted(461 + i, scheduler=name)) for i, name in enumerate(names)),
        ("noisier", wanted(2, noiseLevel=39, negative="blurry city")),
        ("noiseless", wanted(3, noiseLevel=0)),
        ("no-guidance", wanted(4, guidance=1.0)),
        ("odd", wanted(5, init="init-50x38.png")),
        ("defaults", {"prompt": "", "init": "init-24x20.png", "seed": 20, "steps": 4}),
    ]


# stabilityai/stable-diffusion-x4-upscaler: four pixels a latent, cross-attention alone on the upper levels.
upscale = sd2("sd2-upscale", 67, {**DDIM, "beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}, {},
    texts=[], pictures=enlarged(), components={
        "text_encoder": openclip(hidden=24, layers=2, heads=2),
        # Its file says nothing of the scale, which the pipeline then sets.
        "vae": vae((16, 32, 32), config={**NEW, "sample_size": 64}),
        "unet": unet((32, 64, 64), "DCC", "CCD", {**SD2_UNET, "cross_attention_dim": 24, "attention_head_dim": 8,
            "in_channels": 7, "num_class_embeds": 50, "only_cross_attention": [True, True, False], "sample_size": 16}),
    })
upscale["index"] |= {"_class_name": "StableDiffusionUpscalePipeline", "max_noise_level": 40,
    "low_res_scheduler": ["diffusers", "DDPMScheduler"], "watermarker": [None, None]}
upscale["configs"]["low_res_scheduler/scheduler_config.json"] = {
    "_class_name": "DDPMScheduler", "_diffusers_version": "0.8.0", "beta_end": 0.02, "beta_schedule": "scaled_linear",
    "beta_start": 0.0001, "clip_sample": True, "num_train_timesteps": 1000, "prediction_type": "epsilon",
    "trained_betas": None, "variance_type": "fixed_small",
}

FAMILIES = [inpaint, xl_inpaint, blended, xl_blended, consistent, tiny, instruct, xl_instruct, upscale]
