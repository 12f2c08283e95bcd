"""Record torch's CPU noise: the truth of test/engine/noise/generator.test.ts.

python scripts/golden/noise.py    (needs torch, numpy: PyPI; an x86-64 machine with AVX2)

Writes test/golden/noise/randn.json: for each seed, a sequence of `torch.randn` calls on one generator; short
tensors in full, as the float32 bits in hexadecimal, long ones as the SHA-256 of their little-endian bytes.
"""

import hashlib
import json
import pathlib

import torch

SEEDS = [0, 1, 2, 42, 1234567, 2**31 - 1, 2**31, 2**32 - 1]
# Sequences of tensor sizes drawn from one generator: each size around a block of 16, the short method's spare
# value carried over a long call, and the sizes of real latents.
SEQUENCES = [
    [1, 1, 1, 2, 15, 3],
    [16, 17, 31, 32, 33, 15, 47],
    [7, 100, 7, 16, 1],
    [4 * 8 * 8, 4 * 8 * 8 + 5],
    [8 * 16 * 16, 4 * 64 * 64, 4 * 64 * 72, 4 * 128 * 128],
    [1_000_003, 9],
]
LONG = 64


def record(tensor):
    data = tensor.numpy().astype("<f4").tobytes()
    if tensor.numel() <= LONG:
        return {"count": tensor.numel(), "bits": data.hex()}
    return {"count": tensor.numel(), "sha256": hashlib.sha256(data).hexdigest()}


cases = []
for seed in SEEDS:
    for sizes in SEQUENCES:
        generator = torch.Generator("cpu").manual_seed(seed)
        cases.append({"seed": seed, "draws": [record(torch.randn(n, generator=generator)) for n in sizes]})

out = pathlib.Path(__file__).parents[2] / "test/golden/noise/randn.json"
out.parent.mkdir(parents=True, exist_ok=True)
header = {"torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability()}
lines = ",\n".join("  " + json.dumps(case) for case in cases)
out.write_text('{"made": ' + json.dumps(header) + ',\n "cases": [\n' + lines + "\n]}\n")
print(out, out.stat().st_size, "bytes")
