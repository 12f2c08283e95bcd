"""Records what diffusers and torch give for tiny random checkpoints: the truth that the engine's tests compare with.

    python scripts/golden.py                 # every family, and the pictures of the built-in model
    python scripts/golden.py sd1 sdxl        # these families only
    python scripts/golden.py true-sd15       # bench/sd15: SD 1.5's real configs and tensor shapes, no weights; true-sdxl
    python scripts/golden.py --keep DIR      # leaves the checkpoints, weights and all, under DIR/<family>
    python scripts/golden.py sprite          # the built-in model only, after its weights have changed

Needs torch 2.15, diffusers 0.42.1, transformers 5, pillow, peft 0.21, lycoris-lora 4.1 and
opencv-python-headless (PyPI). Run by hand; nothing of it runs at install.

Under test/golden/families:
    index.json               every whole picture: {family, name, request (a DrawRequest of src/job.ts; `init` is a
                             PNG in this folder, as are `mask` and `control.image`), file}; with a `base`, that family's checkpoint
                             draws, and `family` is the folder of models that holds what is used besides
    init-WxH.png             what img2img starts from
    tokenizers/              the small CLIP vocabularies that the families share
    <family>/checkpoint/     the configs and index files of the checkpoint, as they lie in its folder
    <family>/manifest.json   how to make the rest: `seed`, `copies` [to, from], and `files`: path, dtype, sha256 and
                             `tensors` in file order, each [name, shape, std, mean] or [name, shape, "arange"] (I64).
                             A tensor is randn(numel) from torch's CPU generator seeded with
                             seed XOR crc32("<folder of path>/<name>"), times std, plus mean, in float32 throughout.
    <family>/calls.json      one call of each network a line: {network, inputs, outputs}; an input is nested lists or
                             {seed, shape, std}: randn(numel) of that seed times std; an output is the name of a float32
                             tensor in calls.safetensors. Text encoders have their `prompt` beside the token ids.
    <family>/<name>.png      the pictures
    single-*/single.json     the same weights as one file in LDM's layout: see scripts/golden/families/single.py
    stages/                  what takes more than one run of a pipeline: see scripts/golden/families/stages.py
    sd1-checked/safety.json  what the safety checker says of pictures: see scripts/golden/families/safety.py

Under test/golden/sprite: the same index.json and PNGs from the built-in model in assets/models/sprite; its entries also
have the `ids` of the prompt.
"""
import argparse, json, os, sys, warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
warnings.filterwarnings("ignore")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import diffusers, torch, transformers

from golden.families import (checkpoint, control, embeddings, lcm, networks, pictures, record, refiner, safety, sd, sdxl,
    single, sprite, stages, tasks, truesize)

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FAMILIES = [*sd.FAMILIES, *sdxl.FAMILIES, refiner.family, *lcm.FAMILIES, *tasks.FAMILIES, *networks.FAMILIES, sprite.tiny, *single.FAMILIES]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("names", nargs="*")
    arguments.add_argument("--keep")
    options = arguments.parse_args()
    root = os.path.join(REPOSITORY, "test", "golden", "families")
    os.makedirs(root, exist_ok=True)
    torch.set_num_threads(2)
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    checkpoint.write_tokenizers(root)
    pictures.write_inits(root)
    path = os.path.join(root, "index.json")
    entries = json.load(open(path)) if os.path.exists(path) else []
    for family in FAMILIES:
        if not options.names or family["name"] in options.names:
            mine = record.record(family, root, options.keep)
            entries = [e for e in entries if e["family"] != family["name"]] + mine
    for family in control.FAMILIES:
        if not options.names or family["name"] in options.names:
            mine = control.record_family(family, root, options.keep)
            entries = [e for e in entries if e["family"] != family["name"]] + mine
    if not options.names or safety.family["name"] in options.names:
        safety.record_checked(root, options.keep)
    if not options.names or "stages" in options.names:
        stages.record_stages(root, {family["name"]: family for family in FAMILIES})
    if not options.names or "tiles" in options.names:
        stages.record_tiles(root, sd.sd1)
    if not options.names or "sprite" in options.names:
        record.record_sprite(os.path.join(REPOSITORY, "assets", "models", "sprite"),
            os.path.join(REPOSITORY, "test", "golden", "sprite"))
    if not options.names or "loras" in options.names:
        # Needs peft and lycoris-lora, which nothing else does.
        from golden.families import loras
        loras.record_loras(root, os.path.join(REPOSITORY, "test", "golden", "loras"))
    if not options.names or "embeddings" in options.names:
        embeddings.record_embeddings(root, os.path.join(REPOSITORY, "test", "golden", "embeddings"))
    for family in (truesize.sd15, truesize.xl):
        if not options.names or f"true-{family['name']}" in options.names:
            truesize.describe_sizes(family, os.path.join(REPOSITORY, "bench"))
    order = [family["name"] for family in [*FAMILIES, *control.FAMILIES]]
    entries = sorted((e for e in entries if e["family"] in order), key=lambda e: order.index(e["family"]))
    record.write_lines(path, entries)


if __name__ == "__main__":
    main()
