"""What diffusers draws with a tiny autoencoder in the place of a checkpoint's own: `pipe.vae = AutoencoderTiny`.

    python scripts/golden/tiny_decoder.py

Needs what scripts/golden.py needs, which has to have recorded the families sd1 and sdxl. Under test/golden/tinyDecoder:
    index.json     a line each: {family, name, seed, dtype, tensors, request, file}; the tensors are the autoencoder's, as in the
                   families' manifest.json, of a file vae/<name>.safetensors (the folder is part of each tensor's seed)
    config.json    its config
    <name>.png     the picture
"""
import json, os, sys, tempfile, warnings

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
warnings.filterwarnings("ignore")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import diffusers, torch
from PIL import Image
from safetensors.torch import load_file

from golden.families import checkpoint, parts, pictures, record, sd, sdxl, weights

HERE = os.path.dirname(os.path.abspath(__file__))
FAMILIES = os.path.join(HERE, "../../test/golden/families")
FOLDER = os.path.join(HERE, "../../test/golden/tinyDecoder")
PLAIN = {"prompt": "a happy dog", "seed": 3, "steps": 3, "scheduler": "euler", "width": 64, "height": 48}
CASES = {
    "taesd": ("sd1", sd.sd1, {**PLAIN, "guidance": 5.0}),
    "taesdxl": ("sdxl", sdxl.base, {**PLAIN, "guidance": 3.0, "negative": "blurry city"}),
}


def draw(name, family, request, tensors, seed, part):
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.materialise(os.path.join(FAMILIES, family["name"]), os.path.join(folder, "model"))
        pipes = pictures.open_pipeline(os.path.join(folder, "model"), family)
        path = os.path.join(folder, "vae", f"{name}.safetensors")
        weights.write(path, {line[0]: weights.tensor(seed, "vae", line, part["dtype"]) for line in tensors})
        config = {k: v for k, v in part["config"].items() if not k.startswith("_")}
        tiny = diffusers.AutoencoderTiny(**config).eval()
        tiny.load_state_dict(load_file(path))
    for pipe in pipes.values():
        pipe.register_modules(vae=tiny)
    return lambda: pictures.draw(pipes, request, FAMILIES)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    torch.set_num_threads(2)
    lines = []
    part = parts.tiny_vae()
    checkpoint.write_json(os.path.join(FOLDER, "config.json"), part["config"])
    tensors = sorted(weights.entries(checkpoint.shapes(part), part["gains"]))
    for seed, (name, (folder, family, request)) in enumerate(CASES.items(), 61):
        again = draw(name, family, request, tensors, seed, part)
        picture = again()
        torch.set_num_threads(1)
        with torch.backends.mkldnn.flags(enabled=False):
            record.check(name, picture, again(), 0.15)
        torch.set_num_threads(2)
        Image.fromarray(picture).save(os.path.join(FOLDER, f"{name}.png"), optimize=True)
        lines.append({"family": folder, "name": name, "seed": seed, "dtype": part["dtype"], "request": request,
            "file": f"{name}.png", "tensors": tensors})
    with open(os.path.join(FOLDER, "index.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(line, separators=(",", ":")) for line in lines) + "\n]\n")


if __name__ == "__main__":
    main()
