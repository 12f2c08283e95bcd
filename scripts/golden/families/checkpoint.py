"""A family's tiny checkpoint: its small files and manifest go to the repo, its weights are made where they are needed."""
import json, os, re, shutil

import torch

from . import tokenizer, weights

FILE = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}


def component(model, config, *, rename=None, extra=(), dtype="F32", variant=None, shards=1, gains={}, leave=None,
        library=None):
    """One network: its class, the config.json as a hub file has it, and how its weights are stored.

    `rename` maps a current key to the name in the file, `extra` holds manifest lines that the network lacks
    (position_ids), `leave` matches keys that the file lacks (an unused pooler), `variant` and `shards` choose the
    file names, `library` says whose from_pretrained reads it where the class's module does not.
    """
    return dict(model=model, config=config, rename=rename or str, extra=list(extra), dtype=dtype, variant=variant,
        shards=shards, gains=gains, leave=leave, library=library)


def library(part):
    return part["library"] or part["model"].__module__.split(".")[0]


def shapes(part):
    """{name: shape} of the network, without allocating it."""
    with torch.device("meta"):
        cls = part["model"]
        config = {k: v for k, v in part["config"].items() if not k.startswith("_")}
        network = cls.from_config(config) if library(part) == "diffusers" else cls(cls.config_class(**config))
    return {name: tuple(value.shape) for name, value in tensors(part, network).items()}


def tensors(part, network):
    """{name in the file: tensor} of a network."""
    kept = {k: v for k, v in network.state_dict().items() if not (part["leave"] and re.search(part["leave"], k))}
    return {part["rename"](name): value for name, value in kept.items()}


def file_names(part):
    stem, variant = FILE[library(part)], f".{part['variant']}" if part["variant"] else ""
    if part["shards"] == 1:
        return [f"{stem}{variant}.safetensors"], None
    names = [f"{stem}{variant}-{i + 1:05}-of-{part['shards']:05}.safetensors" for i in range(part["shards"])]
    return names, f"{stem}.safetensors.index{variant}.json"


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(json.dumps(value, indent=2) + "\n")


def describe(family, root):
    """Writes `root/<name>/checkpoint` (configs, tokenizer) and `root/<name>/manifest.json` (everything but the weights)."""
    base = os.path.join(root, family["name"])
    folder = os.path.join(base, "checkpoint")
    shutil.rmtree(folder, ignore_errors=True)
    if family.get("index"):
        write_json(os.path.join(folder, "model_index.json"), family["index"])
    for name, config in family.get("configs", {}).items():
        write_json(os.path.join(folder, name), config)
    for name, text in family.get("text_files", {}).items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    copies = []
    for name, source in family.get("tokenizers", {}).items():
        copies += [[f"{name}/{file}",
            f"../tokenizers/{source}/{file}"] for file in sorted(os.listdir(os.path.join(root, "tokenizers", source)))]
    files = []
    for name, part in family["components"].items():
        write_json(os.path.join(folder, name, "config.json"), part["config"])
        lines = sorted(weights.entries(shapes(part), part["gains"]) + part["extra"], key=lambda line: line[0])
        names, index = file_names(part)
        share = -(-len(lines) // len(names))
        for i, file in enumerate(names):
            files.append({"path": f"{name}/{file}", "dtype": part["dtype"],
                "tensors": lines[i * share : (i + 1) * share]})
        if index:
            where = {line[0]: names[i // share] for i, line in enumerate(lines)}
            write_json(os.path.join(folder, name, index), {"metadata": {}, "weight_map": where})
    manifest = {"seed": family["seed"], "copies": copies, "files": files}
    save_manifest(base, manifest)
    return base


def save_manifest(base, manifest, name="manifest.json"):
    """One tensor a line, so that a diff of a manifest can be read."""
    files = []
    for file in manifest["files"]:
        head = json.dumps({k: v for k, v in file.items() if k != "tensors"})[:-1]
        files.append(head + ', "tensors": [\n' + ",\n".join(json.dumps(t,
            separators=(",", ":")) for t in file["tensors"]) + "\n]}")
    head = json.dumps({k: v for k, v in manifest.items() if k != "files"})[:-1]
    with open(os.path.join(base, name), "w") as out:
        out.write(head + ', "files": [\n' + ",\n".join(files) + "\n]}\n")


def materialise(base, target):
    """Writes the whole checkpoint of `base` into `target` and its files' sha-256 into the manifest."""
    with open(os.path.join(base, "manifest.json")) as file:
        manifest = json.load(file)
    shutil.copytree(os.path.join(base, "checkpoint"), target, dirs_exist_ok=True)
    for name, source in manifest["copies"]:
        os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
        shutil.copyfile(os.path.join(base, source), os.path.join(target, name))
    for file in manifest["files"]:
        folder = os.path.dirname(file["path"])
        made = {line[0]: weights.tensor(manifest["seed"], folder, line, file["dtype"]) for line in file["tensors"]}
        path = os.path.join(target, file["path"])
        weights.write(path, made)
        file["sha256"] = weights.sha256(path)
    save_manifest(base, manifest)


def write_tokenizers(root):
    """The tiny vocabularies that the families share: SD 1.x pads with the end token, SD 2.x and SDXL's second with "!"."""
    shutil.rmtree(os.path.join(root, "tokenizers"), ignore_errors=True)
    tokenizer.write(os.path.join(root, "tokenizers", "clip"))
    tokenizer.write(os.path.join(root, "tokenizers", "clip-bang"), pad="!")
    tokenizer.write_json_only(os.path.join(root, "tokenizers", "clip-json"), os.path.join(root, "tokenizers", "clip"))
