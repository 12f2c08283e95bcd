"""Records one family: its checkpoint's description, network calls and pictures."""
import glob, json, os, shutil, tempfile

import numpy, torch
from PIL import Image
from safetensors.torch import load_file

from . import calls, checkpoint, pictures, single, sprite, weights


def load_parts(folder, family):
    """The networks of a family, each known to hold what its files hold: a key that is not found stays random else."""
    parts = {}
    for name, part in family["components"].items():
        variant = {"variant": part["variant"]} if part["variant"] else {}
        path = os.path.join(folder, name)
        parts[name] = part["model"].from_pretrained(path, torch_dtype=torch.float32, **variant).eval()
        stored = {}
        for file in glob.glob(os.path.join(path, "*.safetensors")):
            stored |= load_file(file)
        for key, value in checkpoint.tensors(part, parts[name]).items():
            assert torch.equal(value, stored[key].float()), f"{name}/{key} was not loaded"
    return parts


def record_calls(family, networks, tokenizers):
    records = []
    for name, network in networks.items():
        if name.startswith("text_encoder"):
            records += calls.text_calls(name, tokenizers[name.replace("text_encoder", "tokenizer")], network,
                family["texts"])
        elif name.startswith("unet"):
            records += calls.unet_calls(network, time_ids=family.get("time_ids", 6))
        elif name.startswith("vae"):
            records += calls.vae_calls(network)
    return records


def write_calls(base, records):
    """calls.json with the outputs' names, calls.safetensors with their numbers."""
    tensors = {}
    for i, record in enumerate(records):
        for name, value in record["outputs"].items():
            key = f"{i}.{record['network']}.{name}"
            tensors[key] = value.to(torch.float32).contiguous()
            record["outputs"][name] = key
    weights.write(os.path.join(base, "calls.safetensors"), tensors)
    write_lines(os.path.join(base, "calls.json"), records)


def write_lines(path, entries):
    """A JSON array with one entry a line."""
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n]\n")


def check(name, picture, again, ends_allowed):
    """A picture must have content and must not hang on the last bit of a sum, else it proves nothing."""
    spread, ends = float(picture.std()), float(((picture == 0) | (picture == 255)).mean())
    apart = numpy.abs(picture.astype(int) - again.astype(int))
    print(f"  {name:18} spread {spread:5.1f}  at the ends {ends:6.1%}  other kernels: mean {apart.mean():.4f} max {apart.max()}")
    assert spread > 15 and ends < ends_allowed, f"{name}: no content"
    assert apart.max() <= 2, f"{name}: unstable"


def record_pictures(family, base, draw):
    """Draws each request twice, the second time with other kernels, and keeps the first."""
    entries = []
    for name, request in family["pictures"]:
        picture = draw(request)
        torch.set_num_threads(1)
        with torch.backends.mkldnn.flags(enabled=False):
            check(name, picture, draw(request), family.get("ends", 0.15))
        torch.set_num_threads(2)
        entries.append(save(family, base, name, request, picture))
    return entries


def record(family, root, keep=None):
    """Everything of one family; returns its entries of index.json."""
    print(family["name"])
    base = checkpoint.describe(family, root)
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.join(keep, family["name"]) if keep else temporary
        checkpoint.materialise(base, folder)
        if "single" in family:
            single.record_single(family, base, folder)
        if not family.get("index"):
            write_calls(base, record_calls(family, load_parts(folder, family), {}))
            return []
        kind = sprite if family["index"]["_class_name"] == "SpritePipeline" else pictures
        pipes = kind.open_pipeline(folder, family)
        write_calls(base, record_calls(family, load_parts(folder, family), pipes["text"].components))
        for old in glob.glob(os.path.join(base, "*.png")):
            os.remove(old)
        entries = record_pictures(family, base, lambda request: kind.draw(pipes, request, root))
        if "batch" in family:
            entries += record_batch(family, base, pipes)
        return entries


def record_batch(family, base, pipes):
    """Four pictures of one call, each as an entry of its own: image i is what seed + i draws."""
    entries = []
    for i, picture in enumerate(pictures.draw_batch(pipes, family["batch"], 4)):
        request = {**family["batch"], "seed": family["batch"]["seed"] + i}
        check(f"batch-{i}", picture, pictures.draw(pipes, request, None), 0.15)
        entries.append(save(family, base, f"batch-{i}", request, picture))
    return entries


def save(family, base, name, request, picture):
    """Writes the PNG and gives its entry of index.json."""
    Image.fromarray(picture).save(os.path.join(base, f"{name}.png"), optimize=True)
    return {"family": family["name"], "name": name, "request": request, "file": f"{family['name']}/{name}.png"}


def record_sprite(model, folder):
    """The built-in model's pictures, drawn as `reference.py` of its training draws them."""
    print("sprite")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    pipes = sprite.open_pipeline(model)
    # The stickers lie on white.
    family = {"name": "sprite", "pictures": sprite.built_in_requests(), "ends": 0.99}
    entries = record_pictures(family, folder, lambda request: sprite.draw(pipes, request))
    for entry in entries:
        entry["file"] = os.path.basename(entry["file"])
        entry["ids"] = pipes["text"].tokenizer(entry["request"]["prompt"], truncation=True,
            max_length=pipes["text"].window).input_ids
    write_lines(os.path.join(folder, "index.json"), entries)
