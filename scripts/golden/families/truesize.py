"""SD 1.5 and SDXL at their real sizes, described only: bench/random-checkpoint.ts fills them with noise."""
import json, os

from . import single
from .checkpoint import describe, save_manifest
from .parts import clip, model_index, unet, vae, with_prefix
from .sd import NO_SAFETY, PNDM, POSITIONS
from .sdxl import XL_VAE, sdxl, xl_unet

WIDTHS = (320, 640, 1280, 1280)
OLD = {"_diffusers_version": "0.6.0"}
VIT_L = dict(hidden=768, layers=12, heads=12, rename=with_prefix, extra=POSITIONS,
    config={"intermediate_size": 3072, "vocab_size": 49408, "projection_dim": 768})
VIT_BIGG = dict(hidden=1280, layers=32, heads=20, activation="gelu", projection=1280, extra=POSITIONS,
    config={"intermediate_size": 5120, "vocab_size": 49408})
VAE = dict(channels=(128, 256, 512, 512), layers=2, groups=32)

sd15 = dict(
    name="sd15", seed=0, index=model_index("StableDiffusionPipeline", "PNDMScheduler", **NO_SAFETY),
    configs={"scheduler/scheduler_config.json": PNDM}, single={"layout": "sd1"},
    components={
        "text_encoder": clip(**VIT_L),
        "unet": unet(WIDTHS, "CCCD", "DCCC", {**OLD, "attention_head_dim": 8, "cross_attention_dim": 768,
        "layers_per_block": 2, "norm_num_groups": 32, "sample_size": 64}),
        "vae": vae(**VAE, config={**OLD, "sample_size": 512}),
    },
)

# As most have it: half floats, 6.9 GB.
xl = {
    **sdxl("sdxl", 0, clip(**VIT_L, dtype="F16"), clip(**VIT_BIGG, dtype="F16"),
        xl_unet((320, 640, 1280), "DCC", "CCD", 2048, 1280, {
            "attention_head_dim": [5, 10, 20], "transformer_layers_per_block": [1, 2, 10], "layers_per_block": 2,
            "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816, "norm_num_groups": 32,
            "sample_size": 128}, dtype="F16"),
        vae(**VAE, config=XL_VAE, dtype="F16")),
    "tokenizers": {}, "single": {"layout": "xl"},
}


def describe_sizes(family, root):
    """The configs and the manifest of the folder; and single.json, a manifest of one file: the single file's."""
    base = describe(family, root)
    with open(os.path.join(base, "manifest.json")) as file:
        manifest = json.load(file)
    scales = {(file["path"], name): scale for file in manifest["files"] for name, _, *scale in file["tensors"]}
    tensors = [[name, shape, *scales[path, parts[0]]] for name, path, parts, shape, *_ in
        single.tensor_lines(family, manifest)]
    file = {"path": f"{family['name']}.safetensors", "dtype": manifest["files"][0]["dtype"], "tensors": tensors}
    save_manifest(base, {"seed": 0, "copies": [], "files": [file]}, "single.json")
