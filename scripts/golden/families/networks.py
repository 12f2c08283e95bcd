"""Networks alone: config options that no whole pipeline above has."""
from .parts import tiny_vae, unet, vae

NEW = {"_diffusers_version": "0.30.0"}


def alone(name, seed, folder, part):
    return dict(name=name, seed=seed, texts=[], pictures=[], components={folder: part})


FAMILIES = [
    # Class labels from a table (x4 upscaler: also a wider input and, on the first levels, cross-attention only).
    alone("unet-labels", 31, "unet", unet((32, 64), "CC", "CC",
        {**NEW, "cross_attention_dim": 24, "attention_head_dim": 8, "num_class_embeds": 10})),
    alone("unet-upscaler", 32, "unet", unet((32, 64, 64), "DCC", "CCD",
        {**NEW, "cross_attention_dim": 24, "attention_head_dim": 8, "in_channels": 7, "num_class_embeds": 50,
        "only_cross_attention": [True, True, False], "use_linear_projection": True})),
    # Class conditions that are numbers, not labels.
    alone("unet-class-timestep", 33, "unet", unet((32, 64), "CD", "DC",
        {**NEW, "cross_attention_dim": 24, "attention_head_dim": 8, "class_embed_type": "timestep"})),
    alone("unet-class-projection", 34, "unet", unet((32, 64), "CD", "DC",
        {**NEW, "cross_attention_dim": 24, "attention_head_dim": 8, "class_embed_type": "projection",
        "projection_class_embeddings_input_dim": 20})),
    # Old or rare switches of the config: scale and shift from the time, cosine first, another activation and epsilon.
    alone("unet-switches", 35, "unet", unet((24, 48, 48), "CCD", "DCC", {
        **NEW, "cross_attention_dim": [20, 20, 20], "attention_head_dim": [2, 3, 4],
        "resnet_time_scale_shift": "scale_shift", "flip_sin_to_cos": False,
        "freq_shift": 1, "act_fn": "gelu", "norm_eps": 1e-6, "norm_num_groups": 4, "mid_block_scale_factor": 1.5,
        "upcast_attention": True,
        "layers_per_block": [1, 2, 1], "transformer_layers_per_block": [1, 2, 1], "num_attention_heads": None,
        "conv_in_kernel": 3, "in_channels": 4, "out_channels": 8,
        "time_embedding_dim": 80, "center_input_sample": True,
    })),
    # No attention in the middle, no quantising convolutions, latents with a shift: as in later autoencoders.
    alone("vae-plain", 41, "vae", vae((16, 32, 48), latent=8,
        config={**NEW, "mid_block_add_attention": False, "use_quant_conv": False, "use_post_quant_conv": False,
            "shift_factor": 0.1159, "scaling_factor": 0.3611})),
    alone("vae-deep", 42, "vae", vae((32, 64), layers=3, groups=32, latent=16, config={**NEW, "act_fn": "silu"})),
    alone("vae-tiny", 43, "vae", tiny_vae((24, 24, 24),
        config={"num_encoder_blocks": [1, 2, 2], "num_decoder_blocks": [2, 2, 1], "latent_channels": 6})),
]
