"""Records diffusers' and transformers' own reading of component configs, for test/engine/checkpoint/config.

    python scripts/golden/configs.py

Needs torch, diffusers 0.42.1, transformers 5 (PyPI). Run by hand. Writes test/golden/checkpoint/configs.json:
    defaults   by class: the value of every key that a config file leaves out
    unets      config files with values by level, and the blocks that UNet2DConditionModel builds of them:
               of each its channels, heads and transformer blocks behind each resnet
"""
import inspect, json, os

from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from transformers import BertConfig, CLIPTextConfig

SMALL = dict(norm_num_groups=2, cross_attention_dim=8, sample_size=8)
UNETS = [
    dict(SMALL, block_out_channels=[4, 8], down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"],
         up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"], attention_head_dim=2, layers_per_block=2),
    dict(SMALL, block_out_channels=[4, 8, 12], down_block_types=["DownBlock2D"] + ["CrossAttnDownBlock2D"] * 2,
         up_block_types=["CrossAttnUpBlock2D"] * 2 + ["UpBlock2D"], attention_head_dim=[1, 2, 3],
         layers_per_block=[1, 2, 3], transformer_layers_per_block=[1, 2, 3], use_linear_projection=True),
    dict(SMALL, block_out_channels=[4, 8], down_block_types=["CrossAttnDownBlock2D"] * 2,
         up_block_types=["CrossAttnUpBlock2D"] * 2, attention_head_dim=[2, 4], layers_per_block=2,
         transformer_layers_per_block=[[1, 2], [3, 1]], reverse_transformer_layers_per_block=[[1, 3, 2], [2, 1, 1]]),
    dict(SMALL, block_out_channels=[4, 8], down_block_types=["DownBlock2D"] * 2, up_block_types=["UpBlock2D"] * 2,
         mid_block_type="UNetMidBlock2D", attention_head_dim=3, layers_per_block=1),
]


def block(made):
    attentions = getattr(made, "attentions", None) or []
    attentions = [each for each in attentions if each is not None]
    return dict(
        type=type(made).__name__,
        channels=made.resnets[-1].out_channels,
        resnets=len(made.resnets),
        transformerLayers=[len(each.transformer_blocks) for each in attentions],
        heads=[each.transformer_blocks[0].attn1.heads for each in attentions],
    )


def unet(config):
    made = UNet2DConditionModel(**config)
    return dict(config=config, down=[block(each) for each in made.down_blocks], mid=block(made.mid_block),
                up=[block(each) for each in made.up_blocks])


def signature(cls):
    return {name: each.default for name, each in inspect.signature(cls.__init__).parameters.items() if name != "self"}


def main():
    defaults = {cls.__name__: signature(cls) for cls in (UNet2DConditionModel, AutoencoderKL, AutoencoderTiny,
        ControlNetModel)}
    defaults |= {cls.__name__: cls().to_dict() for cls in (CLIPTextConfig, BertConfig)}
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.path.join(root, "test", "golden", "checkpoint", "configs.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(dict(defaults=defaults, unets=[unet(config) for config in UNETS]), file, indent=1)
        file.write("\n")


main()
