"""LoRA files by peft and lycoris-lora for the tiny checkpoints, the weights that they merge to, pictures with them.

Needs peft 0.21 and lycoris-lora 4.1 (PyPI) besides.

Under test/golden/loras:
    <name>.safetensors       the LoRA files, by all names that there are for a LoRA's tensors
    cases.json               {name, family, loras: [{name, weight}], request, file}: the picture that diffusers draws
    <case>.png
    samples.safetensors      "<case>/<part>/<tensor>": up to 24 numbers of each changed weight, spread over it evenly
"""
import os, re, shutil, tempfile

import torch
from diffusers.utils import convert_state_dict_to_kohya
from lycoris.modules.full import FullModule
from lycoris.modules.locon import LoConModule
from lycoris.modules.loha import LohaModule
from lycoris.modules.lokr import LokrModule
from peft import LoraConfig, get_peft_model_state_dict
from peft.tuners.lora.layer import LoraLayer
from PIL import Image
from safetensors.torch import load_file, save_file

from . import checkpoint, pictures, sd, sdxl, weights
from .record import check, write_lines

ATTENTION = "to_q|to_k|to_v|to_out.0"
ALL = f"{ATTENTION}|proj_in|ff.net.0.proj|ff.net.2|conv1|conv_shortcut|downsamplers.0.conv|upsamplers.0.conv|time_emb_proj"
TEXT = "q_proj|k_proj|v_proj|out_proj|fc1|fc2"
PLAIN = {"prompt": "a happy dog", "width": 64, "height": 64, "guidance": 5.0, "steps": 3, "scheduler": "ddim"}
FAMILIES = {"sd1": sd.sd1, "sdxl": sdxl.base}
PARTS = ("unet", "text_encoder", "text_encoder_2")


def modules(ends, within=r".*"):
    """A pattern for peft of modules of these names; few, so that the files stay small."""
    return rf"(?:{within})\.(?:{ends})".replace("0.", r"0\.").replace("net.", r"net\.").replace("to_out.", r"to_out\.")


SOME = r"(?:down_blocks|up_blocks)\.1\..*"
MORE = r"(?:down_blocks\.1|mid_block|up_blocks\.2)\..*"
FIRST = r"(?:text_model\.)?encoder\.layers\.[02]\..*"


def peft_tensors(pipe, targets, config, seed):
    """{part: state dict in PEFT's names} of new random adapters, their metadata; the pipe is of no use afterwards."""
    torch.manual_seed(seed)
    tensors, metadata = {}, {}
    for part, modules in targets.items():
        network = getattr(pipe, part)
        network.add_adapter(LoraConfig(target_modules=modules, init_lora_weights=False, **config))
        with torch.no_grad():
            for name, value in network.named_parameters():
                if "lora_A" in name or "lora_B" in name:
                    std = 0.6 / (value[0].numel() ** 0.5)
                    value.copy_(torch.randn(value.shape) * std)
                elif "lora_magnitude_vector" in name:
                    value.mul_(1 + 0.2 * torch.randn(value.shape))
        tensors[part] = {k: v.detach().clone().contiguous() for k, v in get_peft_model_state_dict(network).items()}
        metadata[part] = next(iter(network.peft_config.values())).to_dict()
    return tensors, metadata


def with_text_model(part, name):
    """Names of before transformers 5, which all files of today have."""
    return f"text_model.{name}" if part != "unet" and not name.startswith("text_") else name


def as_kohya(tensors, alpha, dtype):
    """kohya's names, by diffusers' own converter; a file of one text encoder has `lora_te_`."""
    named = {f"{part}.{with_text_model(part, k)}": v for part, t in tensors.items() for k, v in t.items()}
    kohya = convert_state_dict_to_kohya(named)
    one = "text_encoder_2" not in tensors
    result = {}
    for name, value in kohya.items():
        if name.endswith(".alpha"):
            value = torch.tensor(float(alpha))
        name = name.replace("lora_te1_", "lora_te_") if one else name
        result[name] = value.to(dtype).contiguous()
    return result


def as_old(tensors):
    """diffusers' names of before PEFT."""
    renamed = {}
    for part, state in tensors.items():
        for name, value in state.items():
            name = with_text_model(part, name).replace(".lora_A.", ".lora.down.").replace(".lora_B.", ".lora.up.")
            if part == "unet":
                for attention in ("attn1", "attn2"):
                    name = name.replace(f"{attention}.to_out.0.lora.", f"{attention}.to_out.lora.")
                    name = name.replace(f"{attention}.to_", f"{attention}.processor.to_")
                if ".processor." in name:
                    name = name.replace(".lora.", "_lora.")
            else:
                for new, old in (("q_proj", "to_q"), ("k_proj", "to_k"), ("v_proj", "to_v"), ("out_proj", "to_out")):
                    name = name.replace(f"{new}.lora.", f"{old}_lora.")
                name = name.replace(".lora.", ".lora_linear_layer.")
            renamed[f"{part}.{name}"] = value
    return renamed


def as_sgm(state, unet):
    """kohya's names of an SDXL file: the blocks as Stability's code counts them."""
    blocks, n = {}, 1
    for i, block in enumerate(unet.down_blocks):
        for j in range(len(block.resnets)):
            blocks[f"down_blocks_{i}_resnets_{j}_"] = f"input_blocks_{n}_0_"
            blocks[f"down_blocks_{i}_attentions_{j}_"] = f"input_blocks_{n}_1_"
            n += 1
        if block.downsamplers:
            blocks[f"down_blocks_{i}_downsamplers_0_conv"] = f"input_blocks_{n}_0_op"
            n += 1
    n = 0
    for i, block in enumerate(unet.up_blocks):
        for j in range(len(block.resnets)):
            blocks[f"up_blocks_{i}_resnets_{j}_"] = f"output_blocks_{n}_0_"
            blocks[f"up_blocks_{i}_attentions_{j}_"] = f"output_blocks_{n}_1_"
            n += 1
        if block.upsamplers:
            last = 2 if getattr(block, "attentions", None) else 1
            blocks[f"up_blocks_{i}_upsamplers_0_conv"] = f"output_blocks_{n - 1}_{last}_conv"
    blocks |= {"mid_block_resnets_0_": "middle_block_0_", "mid_block_attentions_0_": "middle_block_1_",
        "mid_block_resnets_1_": "middle_block_2_", "time_embedding_linear_1": "time_embed_0",
        "add_embedding_linear_2": "label_emb_0_2", "unet_conv_out": "unet_out_2"}
    resnet = {"conv1": "in_layers_2", "conv2": "out_layers_3", "time_emb_proj": "emb_layers_1",
        "conv_shortcut": "skip_connection"}
    renamed = {}
    for name, value in state.items():
        for mine, theirs in blocks.items():
            if mine in name:
                rest = name.split(mine, 1)[1]
                if "resnets" in mine:
                    part, end = rest.split(".", 1)
                    rest = f"{resnet[part]}.{end}"
                name = name.split(mine, 1)[0] + theirs + rest
                break
        renamed[name] = value
    return renamed


LYCORIS = {
    "locon": (LoConModule, dict(use_tucker=True)), "loha": (LohaModule, dict(use_tucker=True)),
    "loha-plain": (LohaModule, {}), "lokr": (LokrModule, dict(factor=4, decompose_both=True)),
    "lokr-tucker": (LokrModule, dict(factor=2, use_tucker=True)), "full": (FullModule, {}),
    "locon-dora": (LoConModule, dict(weight_decompose=True)),
    "loha-dora-in": (LohaModule, dict(weight_decompose=True, wd_on_out=False)),
}
LYCORIS_TARGETS = {"unet": ("attn2.to_k", "attn1.to_q", "ff.net.0.proj", "resnets.0.conv1", "upsamplers.0.conv"),
    "text_encoder": ("q_proj", "fc1")}


def lycoris_modules(pipe, name, seed):
    """{(part, module's name): a LyCORIS module of it with random numbers}."""
    torch.manual_seed(seed)
    cls, options = LYCORIS[name]
    made = {}
    for part, ends in LYCORIS_TARGETS.items():
        for module_name, module in getattr(pipe, part).named_modules():
            if not module_name.endswith(ends) or not re.match(r"encoder|down_blocks\.1|up_blocks\.1", module_name):
                continue
            if name == "full" and not module_name.endswith(("to_k", "q_proj")):
                continue
            flat = with_text_model(part, module_name).replace(".", "_")
            prefix = "lora_unet" if part == "unet" else "lora_te"
            rank = 2 + len(made) % 3
            one = cls(f"{prefix}_{flat}", module, 1.0, rank, 1.5, **options)
            with torch.no_grad():
                for key, value in one.named_parameters():
                    if key == "dora_scale":
                        value.mul_(1 + 0.2 * torch.randn(value.shape))
                    else:
                        value.copy_(torch.randn(value.shape) * (0.05 if name == "full" else 0.35))
            made[part, module_name] = one
    return made


def lycoris_file(made):
    state = {}
    for one in made.values():
        # A module that was never applied holds the difference itself, whatever its state dict makes of that.
        full = {"diff": one.weight, "diff_b": one.bias} if isinstance(one, FullModule) else None
        for key, value in (full or one.custom_state_dict()).items():
            if value is None:
                continue
            state[f"{one.lora_name}.{key}"] = torch.as_tensor(value).detach().float().contiguous().clone()
    return state


def samples(case, part, name, value):
    flat = value.detach().float().flatten()
    step = max(1, flat.numel() // 24)
    return {f"{case}/{part}/{with_text_model(part, name)}": flat[::step][:24].contiguous().clone()}


def open_pipe(folder, family):
    return pictures.open_pipeline(folder, FAMILIES[family])["text"]


def make_files(folders, out):
    """All LoRA files; {name: LyCORIS modules} of those that diffusers does not read."""
    pipe = lambda family: open_pipe(folders[family], family)

    def save(name, state, metadata={}):
        save_file(state, os.path.join(out, f"{name}.safetensors"), metadata={"format": "pt", **metadata})

    p = pipe("sd1")
    tensors, metadata = peft_tensors(p, {"unet": modules(f"{ATTENTION}|proj_in|conv1", SOME),
        "text_encoder": modules(TEXT, FIRST)}, dict(r=4, lora_alpha=6), 1)
    with tempfile.TemporaryDirectory() as folder:
        p.save_lora_weights(folder, tensors["unet"], tensors["text_encoder"],
            unet_lora_adapter_metadata=metadata["unet"], text_encoder_lora_adapter_metadata=metadata["text_encoder"])
        shutil.copyfile(os.path.join(folder, "pytorch_lora_weights.safetensors"), os.path.join(out, "ink.safetensors"))
    tensors, _ = peft_tensors(pipe("sd1"), {"unet": modules(ALL, MORE) + "|conv_in", "text_encoder": modules(TEXT, FIRST)},
        dict(r=2, lora_alpha=2), 2)
    save("kohya", as_kohya(tensors, 1, torch.float16), {"ss_network_module": "networks.lora"})
    tensors, _ = peft_tensors(pipe("sd1"), {"unet": modules(ATTENTION, SOME),
        "text_encoder": modules("q_proj|k_proj|v_proj|out_proj", FIRST)}, dict(r=3, lora_alpha=3), 3)
    save("old", as_old(tensors))
    p = pipe("sd1")
    tensors, metadata = peft_tensors(p, {"unet": modules("to_q|to_v|conv1", SOME), "text_encoder": modules("q_proj|fc2", FIRST)},
        dict(r=4, lora_alpha=3, use_dora=True, use_rslora=True), 4)
    with tempfile.TemporaryDirectory() as folder:
        p.save_lora_weights(folder, tensors["unet"], tensors["text_encoder"],
            unet_lora_adapter_metadata=metadata["unet"], text_encoder_lora_adapter_metadata=metadata["text_encoder"])
        shutil.copyfile(os.path.join(folder, "pytorch_lora_weights.safetensors"), os.path.join(out, "dora.safetensors"))
    tensors, _ = peft_tensors(pipe("sd1"), {"unet": modules(ALL, MORE)}, dict(r=2, lora_alpha=2), 5)
    save("lcm", as_kohya(tensors, 2, torch.float16))

    p = pipe("sdxl")
    targets = {"unet": modules(f"{ALL}|conv2", r"(?!.*transformer_blocks\.[12]\.).*")
        + r"|time_embedding\.linear_1|add_embedding\.linear_2|conv_out",
        "text_encoder": modules(TEXT, FIRST), "text_encoder_2": modules(TEXT, FIRST)}
    tensors, _ = peft_tensors(p, targets, dict(r=2, lora_alpha=2), 6)
    save("xl", as_sgm(as_kohya(tensors, 3, torch.float16), p.unet))
    tensors, _ = peft_tensors(pipe("sdxl"), {"unet": modules(ATTENTION, SOME), "text_encoder_2": modules("q_proj|k_proj", FIRST)},
        dict(r=3, lora_alpha=3), 7)
    save("xl-peft", {f"{part}.{k}": v.bfloat16() for part, t in tensors.items() for k, v in t.items()})

    made = {}
    for i, name in enumerate(LYCORIS):
        save(name, lycoris_file(lycoris_modules(pipe("sd1"), name, 20 + i)))
    return made


def merged_by_diffusers(pipe, loras, out, case):
    """Loads and activates the LoRAs; samples of what they merge to, taken from a copy that is fused."""
    names = [one["name"].replace("-", "_") for one in loras]
    for name, one in zip(names, loras):
        pipe.load_lora_weights(os.path.join(out, f"{one['name']}.safetensors"), adapter_name=name)
    if any(one["name"] == "dora" for one in loras):
        # transformers 5.23 leaves a text encoder's magnitudes as they were initialised.
        for key, value in load_file(os.path.join(out, "dora.safetensors")).items():
            if key.startswith("text_encoder.") and key.endswith("lora_magnitude_vector"):
                module = pipe.text_encoder.get_submodule(key.removeprefix("text_encoder.").rsplit(".", 1)[0])
                module.lora_magnitude_vector["dora"].weight.data = value
    pipe.set_adapters(names, [one["weight"] for one in loras])
    found = {}
    for part in PARTS:
        network = getattr(pipe, part, None)
        for name, module in network.named_modules() if network else ():
            if isinstance(module, LoraLayer):
                base = module.get_base_layer().weight
                before = base.detach().clone()
                module.merge(safe_merge=True, adapter_names=[n for n in names if n in module.active_adapters and n in module.lora_A])
                found |= samples(case, part, f"{name}.weight", module.get_base_layer().weight)
                module.merged_adapters.clear()
                module.get_base_layer().weight.data = before
    return found


def merged_by_lycoris(pipe, one, case):
    """As each module's forward merges, which for LoHa and LoKr is not what 4.1's `get_merged_weight` gives: there the
    scale counts twice."""
    made = lycoris_modules(pipe, one["name"], 20 + list(LYCORIS).index(one["name"]))
    found = {}
    for (part, name), module in made.items():
        target, weight = getattr(pipe, part).get_submodule(name), one["weight"]
        if isinstance(module, (LohaModule, LokrModule)):
            merged = target.weight + module.get_weight(target.weight.shape) * weight
            bias = None
            if module.wd:
                assert weight == 1
                merged = module.apply_weight_decompose(merged)
        else:
            merged, bias = module.get_merged_weight(weight, shape=target.weight.shape)
        target.weight.data = merged.detach().clone()
        found |= samples(case, part, f"{name}.weight", target.weight)
        if bias is not None:
            target.bias.data = bias.detach().clone()
            found |= samples(case, part, f"{name}.bias", target.bias)
    return found


def cases():
    ask = lambda seed, **more: {**PLAIN, "seed": seed, **more}
    one = lambda name, weight=1.0: [{"name": name, "weight": weight}]
    return [
        ("ink", "sd1", one("ink"), ask(1)), ("ink-weak", "sd1", one("ink", 0.4), ask(2, negative="blurry city")),
        ("kohya", "sd1", one("kohya", 0.7), ask(3)), ("old", "sd1", one("old"), ask(4)),
        ("dora", "sd1", one("dora"), ask(5)), ("dora-weak", "sd1", one("dora", 0.6), ask(6)),
        ("two", "sd1", one("ink", 0.5) + one("kohya", -0.4), ask(7)),
        ("dora-behind", "sd1", one("ink", 0.5) + one("dora", 0.9), ask(8)),
        ("lcm", "sd1", one("lcm"), ask(9, scheduler="lcm", guidance=1.0, steps=4)),
        ("xl", "sdxl", one("xl", 0.8), ask(10)), ("xl-peft", "sdxl", one("xl-peft"), ask(11)),
        ("xl-two", "sdxl", one("xl", 0.5) + one("xl-peft", 1.2), ask(12)),
        *((name, "sd1", one(name, 1.0 if "dora" in name else 0.8), ask(30 + i)) for i, name in enumerate(LYCORIS)),
    ]


def record_loras(root, out):
    """Everything under `out`; `root` is where the families lie."""
    print("loras")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    with tempfile.TemporaryDirectory() as temporary:
        folders = {}
        for family in FAMILIES:
            folders[family] = os.path.join(temporary, family)
            checkpoint.materialise(os.path.join(root, family), folders[family])
        make_files(folders, out)
        entries, found = [], {}
        for case, family, loras, request in cases():
            pipe = open_pipe(folders[family], family)
            if loras[0]["name"] in LYCORIS:
                found |= merged_by_lycoris(pipe, loras[0], case)
            else:
                found |= merged_by_diffusers(pipe, loras, out, case)
            picture = pictures.draw({"text": pipe}, request, None)
            torch.set_num_threads(1)
            with torch.backends.mkldnn.flags(enabled=False):
                check(case, picture, pictures.draw({"text": pipe}, request, None), 0.3)
            torch.set_num_threads(2)
            Image.fromarray(picture).save(os.path.join(out, f"{case}.png"), optimize=True)
            entries.append({"name": case, "family": family, "loras": loras, "request": request, "file": f"{case}.png"})
    weights.write(os.path.join(out, "samples.safetensors"), found)
    write_lines(os.path.join(out, "cases.json"), entries)
