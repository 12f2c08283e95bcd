"""SDXL's refiner in miniature: the second text encoder alone, an aesthetic score among the sizes."""
from . import requests as ask
from .parts import model_index, vae
from .sdxl import EULER, XL_VAE, bigg, xl_unet

PICTURE = {**ask.PLAIN, "steps": 5, "init": "init-64x64.png", "strength": 0.6}

family = dict(
    name="sdxl-refiner", seed=18, texts=ask.TEXTS[:2], tokenizers={"tokenizer_2": "clip-bang"}, time_ids=5,
    index=model_index(
        "StableDiffusionXLImg2ImgPipeline", EULER["_class_name"], _diffusers_version="0.19.0.dev0",
        add_watermarker=None, force_zeros_for_empty_prompt=False, requires_aesthetics_score=True,
        text_encoder=[None, None], tokenizer=[None, None],
        text_encoder_2=["transformers", "CLIPTextModelWithProjection"], tokenizer_2=["transformers", "CLIPTokenizer"],
    ),
    configs={"scheduler/scheduler_config.json": EULER},
    components={
        "text_encoder_2": bigg(40, hidden=48, layers=4),
        "unet": xl_unet((24, 48, 48, 48), "DCCD", "DCCD", 48, 40, {"attention_head_dim": [3, 6, 6, 6],
            "transformer_layers_per_block": 2, "projection_class_embeddings_input_dim": 40 + 5 * 16}),
        "vae": vae(config=XL_VAE),
    },
    pictures=[
        ("own", {**PICTURE, "seed": 1}),
        ("negative", {**PICTURE, "seed": 2, "negative": "blurry city"}),
        ("no-guidance", {**PICTURE, "seed": 3, "guidance": 1.0}),
        ("euler_a", {**PICTURE, "seed": 4, "scheduler": "euler_a", "init": "init-88x72.png", "width": 88, "height": 72}),
        ("defaults", {"prompt": "the moon and the river", "seed": 5, "init": "init-64x64.png"}),
    ],
)
