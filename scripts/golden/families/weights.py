"""Weights made from a seed, the same bytes here and in test/fixtures/checkpoint.ts.

A tensor is randn(numel) of a generator seeded with `seed ^ crc32("folder/name")`, times std, plus mean, each
step rounded to float32, then stored as the file's dtype. A manifest holds everything but the numbers.
"""
import hashlib, json, math, os, re, struct, zlib

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
TABLES = r"(token|position|word|token_type)_embeddings?\.weight$|^class_embedding\.weight$"


def scale(name, shape, gains):
    """std and mean of a tensor: activations stay near 1 through a random network.

    `gains` is {regex: factor on std, or (std, mean) outright}.
    """
    gain = next((gain for pattern, gain in gains.items() if re.search(pattern, name)), 1.0)
    if isinstance(gain, tuple):
        return gain
    if len(shape) == 1:
        std, mean = (0.1, 1.0) if name.endswith("weight") else (0.05, 0.0)
    elif re.search(TABLES, name):
        std, mean = 0.5, 0.0
    else:
        std, mean = 1 / math.sqrt(math.prod(shape[1:])), 0.0
    return float(f"{std * gain:.4g}"), mean


def entries(shapes, gains):
    """Manifest lines [name, shape, std, mean] of {name: shape}, in the order in which the file holds them."""
    return [[name, list(shape), *scale(name, shape, gains)] for name, shape in sorted(shapes.items())]


def tensor(seed, folder, entry, dtype):
    """The tensor of one manifest line. `[name, shape, "arange"]` is CLIP's position_ids, I64."""
    name, shape, std, *mean = entry
    if std == "arange":
        return torch.arange(math.prod(shape)).reshape(shape)
    generator = torch.Generator("cpu").manual_seed(seed ^ zlib.crc32(f"{folder}/{name}".encode()))
    normal = torch.randn(math.prod(shape), generator=generator)
    scaled = normal * torch.tensor(std, dtype=torch.float32) + torch.tensor(mean[0], dtype=torch.float32)
    return scaled.reshape(shape).to(DTYPES[dtype])


def write(path, tensors):
    """Writes {name: tensor} as .safetensors in the given order, byte for byte as the TypeScript side does."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, value in tensors.items():
        dtype = "I64" if value.dtype == torch.int64 else next(k for k, v in DTYPES.items() if v == value.dtype)
        end = offset + value.numel() * value.element_size()
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(value.contiguous().view(torch.uint8).numpy().tobytes())


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
