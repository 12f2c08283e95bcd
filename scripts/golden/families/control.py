"""ControlNets in miniature, for the tiny checkpoints of other families: the folder of models that holds them, and what
diffusers' ControlNet pipelines draw with both."""
import glob, os, shutil, tempfile

import cv2, diffusers, numpy, torch
from diffusers import ControlNetModel
from PIL import Image

from . import calls, checkpoint, pictures, record, sd, sdxl, tasks, weights
from .requests import PLAIN

# The zero convolutions are no zeros here, so that what is added matters.
GAINS = {r"to_[qk]\.weight": 1.5, r"attn2\.to_out": 3.0, r"add_embedding": 2.0,
    r"controlnet_(down_blocks\.\d+|mid_block)\.weight": 0.7, r"controlnet_cond_embedding.*weight": 1.7}
EMBEDDING = {"conditioning_embedding_out_channels": [4, 8, 12, 16]}
POOLED = {"controlnet_conditioning_channel_order": "bgr", "global_pool_conditions": True}


def controlnet(base, config={}, **options):
    """A ControlNet for the U-Net of a family, its config as `from_unet` and `save_pretrained` leave it."""
    unet = base["components"]["unet"]["config"]
    keys = ["act_fn", "addition_embed_type", "addition_time_embed_dim", "attention_head_dim", "block_out_channels",
        "cross_attention_dim", "down_block_types", "downsample_padding", "flip_sin_to_cos", "freq_shift", "in_channels",
        "layers_per_block", "mid_block_scale_factor", "norm_eps", "norm_num_groups",
        "projection_class_embeddings_input_dim", "transformer_layers_per_block", "upcast_attention",
        "use_linear_projection"]
    copied = {key: unet[key] for key in keys if key in unet}
    return checkpoint.component(ControlNetModel, {"_class_name": "ControlNetModel", "_diffusers_version": "0.16.0.dev0",
        **EMBEDDING, **copied, **config}, gains=GAINS, **options)


def ldm_name(key, layers):
    """The name of a ControlNet's tensor in the layout of the paper's code."""
    parts = key.split(".")
    if parts[0] == "down_blocks":
        start = 1 + int(parts[1]) * (layers + 1)
        if parts[2] == "downsamplers":
            return f"input_blocks.{start + layers}.0.op.{parts[-1]}"
        block, inner = start + int(parts[3]), parts[2]
        return f"input_blocks.{block}.{0 if inner == 'resnets' else 1}." + layer(inner, ".".join(parts[4:]))
    if parts[0] == "mid_block":
        place = 2 * int(parts[2]) if parts[1] == "resnets" else 1
        return f"middle_block.{place}." + layer(parts[1], ".".join(parts[3:]))
    if parts[0] == "controlnet_down_blocks":
        return f"zero_convs.{parts[1]}.0.{parts[2]}"
    if parts[0] == "controlnet_cond_embedding":
        place = {"conv_in": 0, "conv_out": 14}.get(parts[1]) if parts[1] != "blocks" else 2 * int(parts[2]) + 2
        return f"input_hint_block.{place}.{parts[-1]}"
    table = {"conv_in": "input_blocks.0.0", "controlnet_mid_block": "middle_block_out.0",
        "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
        "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2"}
    return f"{table['.'.join(parts[:-1])]}.{parts[-1]}"


def layer(kind, name):
    table = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
        "conv2": "out_layers.3", "conv_shortcut": "skip_connection"} if kind == "resnets" else {}
    head, rest = name.split(".", 1)
    return f"{table.get(head, head)}.{rest}"


def ask(seed, control="edges", image="init-64x64.png", **more):
    settings = {k: more.pop(k) for k in ("scale", "start", "end", "detect") if k in more}
    return {**PLAIN, "steps": 4, "seed": seed, **more, "control": {"name": control, "image": image, **settings}}


CONTROLLED = [
    ("plain", ask(1)), ("half", ask(2, scale=0.5)), ("strong", ask(3, scale=1.5, negative="blurry city")),
    ("window", ask(4, start=0.2, end=0.7, steps=6)), ("heun-window", ask(5, scheduler="heun", start=0.3, end=0.8)),
    ("euler-a-end", ask(6, scheduler="euler_a", end=0.5, steps=5)),
    ("resized", ask(7, image="init-128x128.png", width=96, height=64)), ("no-guidance", ask(8, guidance=1.0)),
    ("img2img", ask(9, init="init-64x64.png", image="init-88x72.png", strength=0.75, scale=0.8)),
    ("img2img-window", ask(10, init="init-88x72.png", image="init-88x72.png", strength=0.6, steps=6, width=88,
        height=72, start=0.25, end=0.75, scheduler="dpmpp_2m")),
]
MASKED = {"init": "init-64x64.png", "mask": "mask-64x64.png", "image": "init-88x72.png"}
INPAINTED = [
    ("masked", ask(21, **MASKED, strength=1.0)),
    ("masked-part", ask(22, **MASKED, strength=0.7, steps=5, end=0.7, scale=0.8, scheduler="euler_a")),
]
OWN_SIZE = {k: v for k, v in ask(11, image="init-88x72.png").items() if k not in ("width", "height")}

sd1 = dict(
    name="sd1-control", seed=61, base=sd.sd1,
    components={
        "controlnets/edges": controlnet(sd.sd1),
        # As control_v11e_sd15_shuffle, in half floats.
        "controlnets/pooled": controlnet(sd.sd1, POOLED, dtype="F16", variant="fp16"),
    },
    # Single files: in the paper's layout, and in diffusers' without its config.
    files={"controlnets/ldm.safetensors": lambda key: "control_model." + ldm_name(key, 1),
        "controlnets/bare.safetensors": str},
    pictures=[*CONTROLLED, *INPAINTED, ("picture-size", OWN_SIZE), ("pooled", ask(12, control="pooled", scale=1.2)),
        ("pooled-no-guidance", ask(13, control="pooled", guidance=1.0)), ("ldm", ask(14, control="ldm")),
        ("bare", ask(15, control="bare")),
        ("canny", ask(17, image="sd1/wide.png", detect="canny", width=96, height=64)),
        ("canny-resized", ask(18, image="init-128x128.png", detect="canny", width=88, height=64))],
)
xl = dict(
    name="sdxl-control", seed=62, base=sdxl.base,
    components={
        "controlnets/edges": controlnet(sdxl.base),
        # As the small ones of SDXL: no attention.
        "controlnets/small": controlnet(sdxl.base, {"down_block_types": ["DownBlock2D"] * 3,
            "mid_block_type": "UNetMidBlock2D", "transformer_layers_per_block": [0, 0, 0]}),
    },
    files={"controlnets/bare.safetensors": str},
    pictures=[*CONTROLLED, *INPAINTED, ("img2img-default", {k: v for k, v in ask(16, init="init-64x64.png").items()
        if k not in ("width", "height")}), ("small", ask(12, control="small")), ("bare", ask(15, control="bare"))],
)
# A U-Net of nine channels; its ControlNet is one of SD 1's, of four.
inpaint = dict(
    name="sd1-inpaint-control", seed=63, base=tasks.inpaint, files={},
    components={"controlnets/edges": controlnet(tasks.inpaint, {"in_channels": 4})},
    pictures=INPAINTED,
)
FAMILIES = [sd1, xl, inpaint]


def describe(family, root):
    """As any family's, and the single files: the weights of the first ControlNet's shapes under other names."""
    base = checkpoint.describe(family, root)
    with open(os.path.join(base, "manifest.json")) as file:
        manifest = checkpoint.json.load(file)
    part = next(iter(family["components"].values()))
    for path, rename in family["files"].items():
        lines = [[rename(name), *rest] for name, *rest in weights.entries(checkpoint.shapes(part), GAINS)]
        manifest["files"].append({"path": path, "dtype": "F32", "tensors": sorted(lines, key=lambda line: line[0])})
    checkpoint.save_manifest(base, manifest)
    return base


def load(folder, family):
    """{name: network} of every ControlNet, the single files by diffusers' own reader with the first one's config."""
    networks = {name.split("/")[1]: network for name, network in record.load_parts(folder, family).items()}
    first = next(iter(family["components"]))
    for path in family["files"]:
        name = os.path.basename(path).removesuffix(".safetensors")
        networks[name] = ControlNetModel.from_single_file(os.path.join(folder, path), torch_dtype=torch.float32,
            config=os.path.join(folder, first), local_files_only=True).eval()
        own = record.load_file(os.path.join(folder, path))
        assert sorted(v.double().sum().item() for v in own.values()) == sorted(
            v.double().sum().item() for v in networks[name].state_dict().values()), f"{path} was not loaded"
    return networks


def record_calls(networks, unet):
    """U-Net and ControlNet in one call, the second row with a weaker ControlNet."""
    records = []
    for name, network in networks.items():
        for height, width in ((8, 8), (5, 7)):
            plain = calls.unet_calls(unet, ((height, width),))[0]["inputs"]
            inputs = {**plain, "control_cond": calls.given(16, 2, 3, 8 * height, 8 * width),
                "control_scale": [1.0, 0.3]}
            records.append(calls.call(f"controlnets/{name}", inputs,
                lambda **inputs: {"out_sample": controlled(unet, network, **inputs)}))
    return records


def controlled(unet, network, control_cond, control_scale, text_embeds=None, time_ids=None, **inputs):
    added = {"added_cond_kwargs": {"text_embeds": text_embeds, "time_ids": time_ids}} if text_embeds is not None else {}
    seen = {**inputs, "sample": inputs["sample"][:, : network.config.in_channels]}
    down, mid = network(**seen, **added, controlnet_cond=control_cond, return_dict=False)
    row = control_scale[:, None, None, None]
    return unet(**inputs, **added, down_block_additional_residuals=[d * row for d in down],
        mid_block_additional_residual=mid * row).sample


def open_pipelines(folder, networks):
    """{(ControlNet's name, "text", "picture" or "mask"): diffusers' pipeline}."""
    text = diffusers.DiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    kind = "XL" if "XL" in type(text).__name__ else ""
    classes = {"text": f"StableDiffusion{kind}ControlNetPipeline",
        "picture": f"StableDiffusion{kind}ControlNetImg2ImgPipeline",
        "mask": f"StableDiffusion{kind}ControlNetInpaintPipeline"}
    pipes = {}
    for name, network in networks.items():
        for task, cls in classes.items():
            # Opened from the folder, as a constructor would change the scheduler's config once more; but for inpainting,
            # whose own pipeline corrects old configs that the one with a ControlNet leaves as they are.
            pipe = (getattr(diffusers, cls).from_pipe(text, controlnet=network) if "Inpaint" in type(text).__name__ else
                getattr(diffusers, cls).from_pretrained(folder, controlnet=network, torch_dtype=torch.float32))
            pipe.set_progress_bar_config(disable=True)
            pipes[name, task] = pipe
    return pipes


def draw(pipes, request, inits):
    """The picture [H, W, 3] uint8 of a request with a `control`."""
    control = request["control"]
    options = {pictures.NAMES.get(k, k): v for k, v in request.items() if k not in ("seed", "scheduler", "init", "mask",
        "control")}
    pipe = pipes[control["name"], "mask" if "mask" in request else "picture" if "init" in request else "text"]
    seen = Image.open(os.path.join(inits, control["image"])).convert("RGB")
    if control.get("detect") == "canny":
        # Found at the size that is drawn; the documentation's examples have pictures of that size.
        seen = cv2.Canny(numpy.asarray(seen.resize((request["width"], request["height"]), Image.LANCZOS)), 100, 200)
        seen = Image.fromarray(numpy.repeat(seen[..., None], 3, -1))
    if "init" in request:
        init = Image.open(os.path.join(inits, request["init"])).convert("RGB")
        options |= {"image": init, "control_image": seen, "width": init.width, "height": init.height}
        if "mask" in request:
            options["mask_image"] = Image.open(os.path.join(inits, request["mask"]))
    else:
        options["image"] = seen
    for name, key in (("scale", "controlnet_conditioning_scale"), ("start", "control_guidance_start"),
            ("end", "control_guidance_end")):
        # Their default in the img2img pipelines is 0.8; a request's is 1 in all.
        options[key] = float(control.get(name, {"scale": 1, "start": 0, "end": 1}[name]))
    own = pipe.scheduler
    pipe.scheduler = pictures.scheduler_for(own, request.get("scheduler"))
    try:
        generator = torch.Generator("cpu").manual_seed(request["seed"])
        return numpy.asarray(pipe(**options, generator=generator).images[0])
    finally:
        pipe.scheduler = own


def record_family(family, root, keep=None):
    """Everything of one family; returns its entries of index.json, which name the checkpoint they are drawn with."""
    print(family["name"])
    base = describe(family, root)
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.join(keep or temporary, family["name"])
        model = os.path.join(temporary, family["base"]["name"])
        checkpoint.materialise(base, folder)
        materialise_copy(os.path.join(root, family["base"]["name"]), model)
        networks = load(folder, family)
        pipes = open_pipelines(model, networks)
        record.write_calls(base, record_calls(networks, next(iter(pipes.values())).unet))
        for old in glob.glob(os.path.join(base, "*.png")):
            os.remove(old)
        entries = record.record_pictures(family, base, lambda request: draw(pipes, request, root))
        return [{"family": entry.pop("family"), "base": family["base"]["name"], **entry} for entry in entries]


def materialise_copy(base, target):
    """The whole checkpoint of another family, whose own files stay as they are."""
    with tempfile.TemporaryDirectory() as temporary:
        copied = os.path.join(temporary, "families", os.path.basename(base))
        shutil.copytree(os.path.dirname(base), os.path.join(temporary, "families"), ignore=shutil.ignore_patterns("*.png"),
            dirs_exist_ok=True)
        checkpoint.materialise(copied, target)
