"""Stable Diffusion 1.x and 2.x in miniature."""
from . import requests as ask
from .parts import clip, model_index, old_attention, unet, vae, with_prefix

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
        "unet": unet((32, 32, 64, 64), "CCCD", "DCCC", {"attention_head_dim": 8, "cross_attention_dim": 32, "_diffusers_version": "0.6.0", "sample_size": 64}),
        "vae": vae(rename=old_attention, config={"_diffusers_version": "0.6.0", "sample_size": 512}),
    },
    texts=ask.TEXTS,
    pictures=[*ask.schedulers(steps=5), *ask.variety()],
)

FAMILIES = [sd1]
