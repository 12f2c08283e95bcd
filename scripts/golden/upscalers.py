"""Tiny upscaling networks with random weights, in every layout that their files have, and what spandrel makes of a picture.

    python scripts/golden/upscalers.py

Needs torch 2.15, spandrel 0.4.2 and pillow (PyPI). Under test/golden/upscalers:
    picture.png    what is enlarged: 37×29, so that no side is a multiple of anything
    index.json     a network a line: {name, scale, seed, dtype, tensors}; tensors as in the families' manifest.json, of a
                   file weights/<name>.safetensors (the folder is part of each tensor's seed)
    <name>.png     the picture, enlarged by it
"""
import json, os, re, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy, torch
from PIL import Image
from spandrel import ImageModelDescriptor, ModelLoader
from spandrel.architectures.Compact import Compact
from spandrel.architectures.ESRGAN import ESRGAN

from golden.families import weights

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../test/golden/upscalers")
# Residuals count a fifth, so what a block adds would not show; the last layer gives 0 to 1, so it starts at grey.
RRDB_GAINS = {r"conv5\.(0\.)?weight": 3.0, r"LAST\.weight": 0.25, r"LAST\.bias": (0.05, 0.5), r"weight": 1.3}
COMPACT_GAINS = {r"LAST\.weight": 0.15, r"body\.\d*[13579]\.weight": (0.2, 0.1), r"weight": 1.4}


def real(doublings):
    """Real-ESRGAN's names for those of ESRGAN's first layout."""
    return names(doublings, "body.{}.rdb{}.{}", "conv_body", "conv_up{}", "conv_hr")


def bsrgan(doublings):
    return names(doublings, "RRDB_trunk.{}.RDB{}.{}", "trunk_conv", "upconv{}", "HRconv")


def names(doublings, dense, body, up, hr):
    places = {"model.0": "conv_first", f"model.{2 + 3 * doublings}": hr, f"model.{4 + 3 * doublings}": "conv_last"}
    places |= {f"model.{3 * i}": up.format(i) for i in range(1, doublings + 1)}

    def rename(name):
        if found := re.fullmatch(r"model\.1\.sub\.(\d+)\.RDB(\d)\.(conv\d)\.0\.(\w+)", name):
            block, part, conv, kind = found.groups()
            return f"{dense.format(block, part, conv)}.{kind}"
        if found := re.fullmatch(r"model\.1\.sub\.\d+\.(\w+)", name):
            return f"{body}.{found[1]}"
        place, kind = name.rsplit(".", 1)
        return f"{places[place]}.{kind}"

    return rename


def esrgan(rename=str, dtype="F32", shuffle=None, **options):
    model = ESRGAN(in_nc=3 * (shuffle or 1) ** 2, shuffle_factor=shuffle, **options)
    return described(model, rename, RRDB_GAINS, dtype, list(model.state_dict())[-1])


def compact(dtype="F32", **options):
    model = Compact(**options)
    return described(model, str, COMPACT_GAINS, dtype, list(model.state_dict())[-1])


def described(model, rename, gains, dtype, last):
    last = re.escape(rename(last).rsplit(".", 1)[0])
    gains = {pattern.replace("LAST", last): gain for pattern, gain in gains.items()}
    shapes = {rename(name): tuple(value.shape) for name, value in model.state_dict().items()}
    return dict(dtype=dtype, tensors=weights.entries(shapes, gains))


def prefixed(prefix, network):
    return network | {"tensors": [[prefix + name, *rest] for name, *rest in network["tensors"]]}


NETWORKS = {
    "esrgan-x4": esrgan(num_filters=8, num_blocks=2, scale=4),
    "esrgan-x1": esrgan(num_filters=8, num_blocks=1, scale=1),
    "esrgan-plus": esrgan(num_filters=8, num_blocks=1, scale=2, plus=True),
    "bsrgan-x2": esrgan(bsrgan(1), num_filters=8, num_blocks=1, scale=2),
    "real-x4": esrgan(real(2), num_filters=12, num_blocks=2, scale=4, dtype="F16"),
    "real-x2": esrgan(real(2), num_filters=8, num_blocks=1, scale=4, shuffle=2),
    "real-x1": esrgan(real(2), num_filters=8, num_blocks=1, scale=4, shuffle=4, dtype="BF16"),
    "wrapped-x2": prefixed("module.", esrgan(real(1), num_filters=8, num_blocks=1, scale=2)),
    "compact-x4": compact(num_feat=16, num_conv=4, upscale=4),
    "compact-x2": compact(num_feat=12, num_conv=2, upscale=2, dtype="F16"),
    "compact-x1": compact(num_feat=8, num_conv=1, upscale=1),
}


def picture():
    y, x = numpy.mgrid[0:29, 0:37].astype(numpy.float32)
    pixels = numpy.stack([x * 255 / 37, y * 255 / 29, 255 - x * 255 / 37], -1)
    pixels[(x - 12) ** 2 + (y - 14) ** 2 < 49] = (240, 60, 40)
    pixels[(x > 26) & (x < 30)] = (20, 30, 160)
    return pixels.round().astype(numpy.uint8)


def enlarge(name, network, seed, pixels):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights", f"{name}.safetensors")
        made = {line[0]: weights.tensor(seed, "weights", line, network["dtype"]) for line in network["tensors"]}
        weights.write(path, made)
        model = ModelLoader().load_from_file(path)
    assert isinstance(model, ImageModelDescriptor)
    model.float().eval()
    with torch.no_grad():
        given = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        out = model(given)[0].permute(1, 2, 0)
    clipped = ((out == 0) | (out == 1)).float().mean().item()
    print(f"{name}: ×{model.scale}, mean {out.mean():.3f}, std {out.std():.3f}, {100 * clipped:.1f} % clipped")
    return model.scale, (out * 255).round().byte().numpy()


def main():
    os.makedirs(FOLDER, exist_ok=True)
    torch.set_num_threads(2)
    Image.fromarray(picture()).save(os.path.join(FOLDER, "picture.png"), optimize=True)
    lines = []
    for seed, (name, network) in enumerate(NETWORKS.items(), 1):
        scale, pixels = enlarge(name, network, seed, picture())
        Image.fromarray(pixels).save(os.path.join(FOLDER, f"{name}.png"), optimize=True)
        lines.append(json.dumps({"name": name, "scale": scale, "seed": seed, **network}, separators=(",", ":")))
    with open(os.path.join(FOLDER, "index.json"), "w") as file:
        file.write("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
