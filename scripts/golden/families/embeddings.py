"""Textual inversions in all their formats, and pictures that diffusers draws with them.

Under test/golden/embeddings:
    <name>.safetensors   the embeddings
    cases.json           {name, family, request, file}: a picture by diffusers with every embedding of its family loaded
    <case>.png
"""
import os, shutil, tempfile

import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from . import checkpoint, pictures, sd, sdxl
from .record import check, write_lines

PLAIN = {"width": 64, "height": 64, "guidance": 5.0, "steps": 3, "scheduler": "ddim"}
FAMILIES = {"sd1": sd.sd1, "sdxl": sdxl.base}
# As the tokens of the random tables: see weights.scale.
STD = 0.7


def make(out):
    torch.manual_seed(5)
    vectors = lambda *shape: torch.randn(shape) * STD
    files = {
        # diffusers: one tensor, named as its token.
        "cat-toy": {"<cat-toy>": vectors(32)},
        # Web UIs: several vectors, of half precision.
        "old_ink": {"emb_params": vectors(3, 32).half()},
        # SDXL: a pair.
        "look": {"clip_l": vectors(2, 32), "clip_g": vectors(2, 48)},
    }
    for name, state in files.items():
        save_file(state, os.path.join(out, f"{name}.safetensors"))


def load(pipe, family, out):
    """Each by the token that the cases write it as."""
    if family == "sdxl":
        state = load_file(os.path.join(out, "look.safetensors"))
        pipe.load_textual_inversion(state["clip_l"], token="look", text_encoder=pipe.text_encoder,
            tokenizer=pipe.tokenizer)
        pipe.load_textual_inversion(state["clip_g"], token="look", text_encoder=pipe.text_encoder_2,
            tokenizer=pipe.tokenizer_2)
        return
    pipe.load_textual_inversion(os.path.join(out, "cat-toy.safetensors"), token="<cat-toy>")
    pipe.load_textual_inversion(load_file(os.path.join(out, "old_ink.safetensors"))["emb_params"].float(), token="old_ink")


def cases():
    return [
        ("token", "sd1", {"prompt": "a happy <cat-toy> in a house", "seed": 1}),
        ("word", "sd1", {"prompt": "a dog, old_ink, painting", "seed": 2}),
        ("negative", "sd1", {"prompt": "a red house", "negative": "blurry, old_ink <cat-toy>", "seed": 3}),
        ("twice", "sd1", {"prompt": "<cat-toy> and <cat-toy>, old_ink", "seed": 4}),
        ("xl", "sdxl", {"prompt": "a happy dog look on the river", "seed": 5}),
        ("xl-negative", "sdxl", {"prompt": "a happy dog", "negative": "look", "seed": 6}),
    ]


def record_embeddings(root, out):
    """Everything under `out`; `root` is where the families lie."""
    print("embeddings")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    make(out)
    entries, pipes = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        for family, description in FAMILIES.items():
            folder = os.path.join(temporary, family)
            checkpoint.materialise(os.path.join(root, family), folder)
            pipes[family] = pictures.open_pipeline(folder, description)["text"]
            load(pipes[family], family, out)
        for case, family, asked in cases():
            request = {**PLAIN, **asked}
            draw = lambda: pictures.draw({"text": pipes[family]}, request, None)
            picture = draw()
            torch.set_num_threads(1)
            with torch.backends.mkldnn.flags(enabled=False):
                check(case, picture, draw(), 0.3)
            torch.set_num_threads(2)
            Image.fromarray(picture).save(os.path.join(out, f"{case}.png"), optimize=True)
            entries.append({"name": case, "family": family, "request": request, "file": f"{case}.png"})
    write_lines(os.path.join(out, "cases.json"), entries)
