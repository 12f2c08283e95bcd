"""The networks that families are made of, with config files as they lie on the hub: old ones leave later keys out."""
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from .checkpoint import component
from .tokenizer import build

VOCABULARY = len(build()[0])
SYMBOLS = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "vocab_size": VOCABULARY}
# Attention sharp enough, and its output large enough, that another prompt draws another picture.
UNET_GAINS = {r"to_[qk]\.weight": 1.5, r"attn2\.to_out": 3.0, r"conv_out\.weight": 1.5,
    r"add_embedding|class_embed": 2.0}
VAE_GAINS = {r"encoder\.conv_out\.weight": 3.0, r"decoder\.conv_out\.weight": 0.6, r"to_[qk]\.weight": 1.5}
# No norm holds its values, and its last layer gives 0 to 1: start it at grey.
TINY_VAE_GAINS = {r"decoder\.layers\.13\.bias": (0.05, 0.5), r"decoder\.layers\.13\.weight": 0.07, r"weight": 1.2}
OLD_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def clip(hidden=32, layers=3, heads=4, activation="quick_gelu", projection=None, **options):
    """CLIP's text encoder; with `projection` the class that projects the pooled state."""
    config = {
        "_name_or_path": "openai/clip-vit-large-patch14",
        "architectures": ["CLIPTextModelWithProjection" if projection else "CLIPTextModel"], "attention_dropout": 0.0,
        "dropout": 0.0, "hidden_act": activation, "hidden_size": hidden, "initializer_factor": 1.0,
        "initializer_range": 0.02, "intermediate_size": hidden * 2, "layer_norm_eps": 1e-05,
        "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": heads,
        "num_hidden_layers": layers, **SYMBOLS, **({"projection_dim": projection} if projection else {}),
    }
    config |= options.pop("config", {})
    return component(CLIPTextModelWithProjection if projection else CLIPTextModel, config,
        gains={r"[qk]_proj\.weight": 1.5}, **options)


def with_prefix(name):
    return f"text_model.{name}"


def old_attention(name):
    """The names of a VAE's mid attention before diffusers 0.17."""
    for new, old in OLD_ATTENTION.items():
        name = name.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
    return name


def vae(channels=(16, 16, 32, 32), layers=1, groups=8, latent=4, config={}, **options):
    base = {
        "_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": list(channels),
        "down_block_types": ["DownEncoderBlock2D"] * len(channels), "in_channels": 3, "latent_channels": latent,
        "layers_per_block": layers, "norm_num_groups": groups, "out_channels": 3, "sample_size": 64,
        "up_block_types": ["UpDecoderBlock2D"] * len(channels),
    }
    return component(AutoencoderKL, base | config, gains=VAE_GAINS, **options)


def tiny_vae(channels=(16, 16, 16, 16), config={}, **options):
    """AutoencoderTiny (TAESD)."""
    base = {
        "_class_name": "AutoencoderTiny", "_diffusers_version": "0.20.0.dev0", "act_fn": "relu", "in_channels": 3,
        "out_channels": 3,
        "encoder_block_out_channels": list(channels), "decoder_block_out_channels": list(channels),
        "force_upcast": False,
        "latent_channels": 4, "latent_magnitude": 3, "latent_shift": 0.5, "num_encoder_blocks": [1, 2, 1, 1],
        "num_decoder_blocks": [1, 1, 2, 1], "scaling_factor": 1.0, "upsample_fn": "nearest",
        "upsampling_scaling_factor": 2,
    }
    return component(AutoencoderTiny, base | config, gains=TINY_VAE_GAINS, **options)


def unet(channels, down, up, config, **options):
    """`down` and `up` are strings as "CCD": a cross-attention block for C, a plain one for D."""
    base = {
        "_class_name": "UNet2DConditionModel", "act_fn": "silu", "block_out_channels": list(channels),
        "center_input_sample": False,
        "down_block_types": [{"C": "CrossAttnDownBlock2D", "D": "DownBlock2D"}[c] for c in down],
        "downsample_padding": 1, "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4, "layers_per_block": 1,
        "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 8, "out_channels": 4, "sample_size": 8,
        "up_block_types": [{"C": "CrossAttnUpBlock2D", "D": "UpBlock2D"}[c] for c in up],
    }
    gains = UNET_GAINS | options.pop("gains", {})
    return component(UNet2DConditionModel, base | config, gains=gains, **options)


def model_index(pipeline, scheduler, **parts):
    """model_index.json of a pipeline; `parts` overrides or adds entries."""
    index = {
        "_class_name": pipeline, "_diffusers_version": "0.6.0", "scheduler": ["diffusers", scheduler],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
    }
    return index | parts
