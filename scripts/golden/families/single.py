"""Checkpoints in one file, in the layout of CompVis' and Stability's code (LDM, SGM): the same weights a second time.

`single.json` of such a family: {file, metadata, tensors}, a tensor a line: [its name in the file, the component's file
that has its numbers, [the names there], its shape, how]. Several names are one after the other (query, key and value);
`how` is "transposed" or left out.
"""
import json, os

import torch
from diffusers.loaders import single_file_utils as theirs
from safetensors.torch import load_file

from . import requests as ask, tasks
from .parts import clip, model_index, unet, vae, with_prefix
from .sd import DDIM, NEW, NO_SAFETY, PNDM, POSITIONS
from .sdxl import EULER, XL_VAE, sdxl, xl_unet

VOCABULARY = {"vocab_size": 49408, "bos_token_id": 49406, "eos_token_id": 49407}
RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
    "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
UNET = {"conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    "class_embedding": "label_emb"}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
OPEN_CLIP = {"self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}


def swapped(name, table):
    """`name` with its beginning as the table has it, else as it is."""
    return next((new + name[len(old):] for old, new in table.items() if name.startswith(old + ".")), name)


def unet_name(name, layers):
    """LDM's name of a tensor of a U-Net with so many resnets a level."""
    kind, *rest = name.split(".")
    if kind not in ("down_blocks", "up_blocks", "mid_block"):
        return swapped(name, UNET)
    if kind == "mid_block":
        place = 2 * int(rest[1]) if rest[0] == "resnets" else 1
        return f"middle_block.{place}.{swapped('.'.join(rest[2:]), RESNET)}"
    level, part, i, *rest = rest
    first, rest = int(level) * (layers + 1), ".".join(rest)
    if part == "downsamplers":
        return f"input_blocks.{first + layers + 1}.0.op.{rest.removeprefix('conv.')}"
    if part == "upsamplers":
        return f"output_blocks.{first + layers}.UP.{rest}"
    block = f"input_blocks.{first + int(i) + 1}" if kind == "down_blocks" else f"output_blocks.{first + int(i)}"
    return f"{block}.{0 if part == 'resnets' else 1}.{swapped(rest, RESNET)}"


def unet_names(names, layers):
    """{diffusers' name: LDM's}: an upsampler stands behind the attention, where a block has one."""
    made = {name: unet_name(name, layers) for name in names}
    attended = {ldm.split(".1.transformer_blocks.")[0] for ldm in made.values() if ".1.transformer_blocks." in ldm}
    return {name: ldm.replace(".UP.", ".2." if ldm.split(".UP.")[0] in attended else ".1.")
        for name, ldm in made.items()}


def vae_name(name, levels):
    half, *rest = name.split(".")
    rest = ".".join(rest)
    if rest.startswith("mid_block.attentions.0."):
        return f"{half}.mid.attn_1.{swapped(rest.removeprefix('mid_block.attentions.0.'), VAE_ATTENTION)}"
    if rest.startswith("mid_block.resnets."):
        i, rest = rest.removeprefix("mid_block.resnets.").split(".", 1)
        return f"{half}.mid.block_{int(i) + 1}.{rest.replace('conv_shortcut', 'nin_shortcut')}"
    if rest.startswith(("down_blocks.", "up_blocks.")):
        way, level, part, i, rest = rest.split(".", 4)
        level = int(level) if way == "down_blocks" else levels - 1 - int(level)
        way = way.removesuffix("_blocks")
        if part == "resnets":
            return f"{half}.{way}.{level}.block.{i}.{rest.replace('conv_shortcut', 'nin_shortcut')}"
        return f"{half}.{way}.{level}.{part.removesuffix('rs')}.{rest}"
    return f"{half}.{rest}".replace("conv_norm_out", "norm_out")


def line(name, file, names, shape, how=None):
    return [name, file, names, list(shape), *([how] if how else [])]


def unet_lines(file, shapes, config):
    names = unet_names(shapes, config["layers_per_block"])
    return [line(f"model.diffusion_model.{names[name]}", file, [name], shape) for name, shape in shapes.items()]


def vae_lines(file, shapes, config):
    lines = []
    for name, shape in shapes.items():
        linear = "attentions" in name and name.endswith("weight") and len(shape) == 2
        ldm = vae_name(name, len(config["block_out_channels"]))
        lines.append(line(f"first_stage_model.{ldm}", file, [name], [*shape, 1, 1] if linear else shape))
    return lines


def clip_lines(prefix):
    return lambda file, shapes, config: [line(prefix + name, file, [name], shape) for name, shape in shapes.items()]


def open_clip_lines(prefix):
    def lines(file, shapes, config):
        text = "text_model."
        made = []
        for name, ldm in {"embeddings.position_embedding.weight": "positional_embedding",
            "embeddings.token_embedding.weight": "token_embedding.weight",
            "final_layer_norm.weight": "ln_final.weight", "final_layer_norm.bias": "ln_final.bias"}.items():
            made.append(line(prefix + ldm, file, [text + name], shapes[text + name]))
        for i in range(config["num_hidden_layers"]):
            layer, block = f"{text}encoder.layers.{i}.", f"{prefix}transformer.resblocks.{i}."
            for kind in ("weight", "bias"):
                parts = [f"{layer}self_attn.{p}_proj.{kind}" for p in "qkv"]
                rows, *columns = shapes[parts[0]]
                made.append(line(f"{block}attn.in_proj_{kind}", file, parts, [3 * rows, *columns]))
                for name, ldm in OPEN_CLIP.items():
                    made.append(line(f"{block}{ldm}.{kind}", file, [f"{layer}{name}.{kind}"],
                        shapes[f"{layer}{name}.{kind}"]))
        if "text_projection.weight" in shapes:
            shape = shapes["text_projection.weight"][::-1]
            made.append(line(f"{prefix}text_projection", file, ["text_projection.weight"], shape, "transposed"))
        return made
    return lines


LAYOUTS = {
    "sd1": {"text_encoder": clip_lines("cond_stage_model.transformer.")},
    "sd2": {"text_encoder": open_clip_lines("cond_stage_model.model.")},
    "xl": {"text_encoder": clip_lines("conditioner.embedders.0.transformer."),
        "text_encoder_2": open_clip_lines("conditioner.embedders.1.model.")},
}


def tensor_lines(family, manifest):
    """Every tensor of the single file, in the order of the file."""
    lines = []
    for file in manifest["files"]:
        name = file["path"].split("/")[0]
        shapes = {n: s for n, s, std, *_ in file["tensors"] if std != "arange"}
        make = {"unet": unet_lines, "vae": vae_lines, **LAYOUTS[family["single"]["layout"]]}[name]
        lines += make(file["path"], shapes, family["components"][name]["config"])
    return sorted(lines)


def made(lines, folder):
    """{LDM's name: tensor} from the files of the folder."""
    files = {}
    tensors = {}
    for name, path, parts, shape, *how in lines:
        stored = files.setdefault(path, load_file(os.path.join(folder, path)))
        whole = torch.cat([stored[part] for part in parts])
        tensors[name] = (whole.T.contiguous() if how else whole).reshape(shape)
    return tensors, files


def check(family, tensors, files):
    """diffusers' own converters make of the file what the folder has."""
    converted = {}
    for path, stored in files.items():
        name = path.split("/")[0]
        config = family["components"][name]["config"]
        if name == "unet":
            converted = theirs.convert_ldm_unet_checkpoint(dict(tensors), config)
        elif name == "vae":
            converted = theirs.convert_ldm_vae_checkpoint(dict(tensors), config)
        elif family["single"]["layout"] == "sd2" or name == "text_encoder_2":
            prefix = "cond_stage_model.model." if name == "text_encoder" else "conditioner.embedders.1.model."
            part = family["components"][name]
            with torch.device("meta"):
                network = part["model"](part["model"].config_class(**{k: v for k, v in config.items()}))
            converted = theirs.convert_open_clip_checkpoint(network, dict(tensors), prefix=prefix)
        else:
            converted = theirs.convert_ldm_clip_checkpoint(dict(tensors))
        stored = {k: v for k, v in stored.items() if not k.endswith("position_ids")}
        assert converted.keys() == stored.keys(), sorted(converted.keys() ^ stored.keys())[:5]
        for key, value in stored.items():
            assert torch.equal(converted[key], value), f"{path}: {key}"
        print(f"  {path}: {len(stored)} tensors as diffusers converts them")


def record_single(family, base, folder):
    with open(os.path.join(base, "manifest.json")) as file:
        manifest = json.load(file)
    lines = tensor_lines(family, manifest)
    check(family, *made(lines, folder))
    write_lines(family, lines, base)


def write_lines(family, lines, base):
    head = {"file": f"{family['name']}.safetensors", "metadata": family["single"].get("metadata", {})}
    rows = ",\n".join(json.dumps(one, separators=(",", ":")) for one in lines)
    with open(os.path.join(base, "single.json"), "w") as file:
        file.write(json.dumps(head)[:-1] + ', "tensors": [\n' + rows + "\n]}\n")


def text(hidden, layers, **options):
    """One head for every 64 channels, as every CLIP has it: a file does not say how many."""
    return clip(hidden=hidden, layers=layers, heads=hidden // 64, rename=with_prefix, extra=POSITIONS, **options)


def bigg(hidden, layers):
    return clip(hidden=hidden, layers=layers, heads=hidden // 64, activation="gelu", projection=hidden, extra=POSITIONS,
        dtype="F16", config=VOCABULARY)


SD_VAE = dict(channels=(32, 32, 64, 64), groups=32)
SMALL = {**ask.PLAIN, "prompt": "A happy dog, photorealistic café № 5!"}
PICTURES = [*ask.schedulers(steps=3, names=["ddim", "euler_a", "dpmpp_2m_karras"], plain=SMALL), *ask.few(SMALL)]

sd1 = dict(
    name="single-sd1", seed=61, texts=[], tokenizers={}, single={"layout": "sd1"},
    index=model_index("StableDiffusionPipeline", "PNDMScheduler", **NO_SAFETY),
    configs={"scheduler/scheduler_config.json": PNDM},
    components={
        "text_encoder": text(64, 2, config=VOCABULARY),
        "unet": unet((32, 64, 64), "CCD", "DCC", {**NEW, "attention_head_dim": 8, "cross_attention_dim": 64,
            "norm_num_groups": 32, "sample_size": 64}),
        "vae": vae(**SD_VAE, config={**NEW, "sample_size": 512}),
    },
    pictures=PICTURES,
)
sd2v = dict(
    name="single-sd2v", seed=62, texts=[], tokenizers={}, pads={"tokenizer": "!"},
    single={"layout": "sd2", "metadata": {"modelspec.prediction_type": "v"}},
    index=model_index("StableDiffusionPipeline", "DDIMScheduler", **NO_SAFETY, requires_safety_checker=False),
    configs={"scheduler/scheduler_config.json": DDIM},
    components={
        "text_encoder": text(128, 3, activation="gelu", config=VOCABULARY),
        "unet": unet((64, 128), "CD", "DC", {**NEW, "attention_head_dim": [1, 2], "cross_attention_dim": 128,
            "norm_num_groups": 32, "sample_size": 96, "use_linear_projection": True}, dtype="BF16"),
        "vae": vae(**SD_VAE, dtype="F16", config={**NEW, "sample_size": 768}),
    },
    pictures=PICTURES,
)


def xl(name, seed, unet_part, pictures):
    return {
        **sdxl(name, seed, text(64, 2, dtype="F16", config=VOCABULARY), bigg(64, 3), unet_part,
            vae(**SD_VAE, dtype="F16", config=XL_VAE), pictures=pictures, texts=[]),
        "tokenizers": {}, "pads": {"tokenizer_2": "!"}, "single": {"layout": "xl"},
    }


XL_UNET = {"addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 64 + 6 * 256,
    "norm_num_groups": 32, "sample_size": 128}
base = xl("single-sdxl", 63, xl_unet((64, 128, 128), "DCC", "CCD", 128, 64, {
    **XL_UNET, "attention_head_dim": [1, 2, 2], "transformer_layers_per_block": [1, 2, 3]}, dtype="F16"), PICTURES)
# Segmind's SSD-1B: another number of transformers on the way up than down, one resnet in the middle.
ssd = xl("single-ssd", 64, xl_unet((64, 128), "DC", "CD", 128, 64, {
    **XL_UNET, "attention_head_dim": [1, 2], "layers_per_block": 2, "mid_block_type": "UNetMidBlock2D",
    "transformer_layers_per_block": [1, [1, 2]], "reverse_transformer_layers_per_block": [[2, 1, 3], 1]},
    dtype="F16"), ask.few(SMALL))



def of_task(family, name, seed, pipeline, channels, pictures, **more):
    """A family whose U-Net takes more than latents."""
    part = family["components"]["unet"]
    part = {**part, "config": {**part["config"], "in_channels": channels, **more.pop("unet", {})}}
    return {
        **family, "name": name, "seed": seed, "pictures": pictures, **more,
        "index": {**family["index"], "_class_name": pipeline},
        "components": {**family["components"], **more.pop("components", {}), "unet": part},
    }


inpaint = of_task(sd1, "single-inpaint", 65, "StableDiffusionInpaintPipeline", 9, [
    ("own", {**tasks.MASK, "steps": 4, "seed": 1, "strength": 1.0}),
    ("part", {**tasks.MASK, "steps": 4, "seed": 2, "strength": 0.6, "scheduler": "ddim"}),
])
instruct = of_task(sd1, "single-instruct", 66, "StableDiffusionInstructPix2PixPipeline", 8,
    [("own", {**tasks.PICTURE, "steps": 4, "seed": 1}), ("ddim", {**tasks.PICTURE, "steps": 4, "seed": 2,
        "scheduler": "ddim"})],
    configs={"scheduler/scheduler_config.json": tasks.EULER_A})
instruct["index"]["scheduler"] = ["diffusers", "EulerAncestralDiscreteScheduler"]
# Noise levels are classes, four pixels a latent, and on the upper levels the prompt is all that is looked at.
UPSCALER = {"scheduler/scheduler_config.json": {**DDIM, "beta_start": 0.0001, "beta_end": 0.02},
    "low_res_scheduler/scheduler_config.json":
        tasks.upscale["configs"]["low_res_scheduler/scheduler_config.json"]}
upscale = of_task(sd2v, "single-upscale", 67, "StableDiffusionUpscalePipeline", 7, tasks.enlarged(steps=3, names=[])[:2],
    single={"layout": "sd2"}, configs=UPSCALER,
    components={"text_encoder": text(192, 2, activation="gelu", config=VOCABULARY),
        "vae": vae((32, 64, 64), groups=32, config={**NEW, "sample_size": 512, "scaling_factor": 0.08333})},
    unet={"block_out_channels": [64, 128, 128], "attention_head_dim": 8, "cross_attention_dim": 192,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "num_class_embeds": 1000,
        "only_cross_attention": [True, True, False], "sample_size": 128})
upscale["index"] |= {"max_noise_level": 350, "low_res_scheduler": ["diffusers", "DDPMScheduler"],
    "watermarker": [None, None]}

FAMILIES = [sd1, sd2v, base, ssd, inpaint, instruct, upscale]
