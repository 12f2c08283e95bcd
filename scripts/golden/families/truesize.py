"""SD 1.5 at its real sizes, described only: bench/random-checkpoint.ts fills it with noise."""
from .parts import clip, model_index, unet, vae, with_prefix
from .sd import NO_SAFETY, PNDM, POSITIONS

WIDTHS = (320, 640, 1280, 1280)
OLD = {"_diffusers_version": "0.6.0"}

sd15 = dict(
    name="sd15", seed=0, index=model_index("StableDiffusionPipeline", "PNDMScheduler", **NO_SAFETY),
    configs={"scheduler/scheduler_config.json": PNDM},
    components={
        "text_encoder": clip(hidden=768, layers=12, heads=12,
        config={"intermediate_size": 3072, "vocab_size": 49408, "projection_dim": 768}, rename=with_prefix,
            extra=POSITIONS),
        "unet": unet(WIDTHS, "CCCD", "DCCC", {**OLD, "attention_head_dim": 8, "cross_attention_dim": 768,
        "layers_per_block": 2, "norm_num_groups": 32, "sample_size": 64}),
        "vae": vae((128, 256, 512, 512), layers=2, groups=32, config={**OLD, "sample_size": 512}),
    },
)
