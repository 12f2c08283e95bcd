"""Whether every peer draws the right picture, so that nobody measures a broken rival.

    python scripts/bench/check.py --cache DIR [--peers diffusers,openvino] [--prompt "a red heart"] [--seed 0]

Draws with the built-in model through scripts/reference.py and through each peer, and prints PSNR against the reference:
fp32 peers must be above 40 dB, or it fails. bf16's own error is what it is, and is printed.
"""
import argparse, json, math, os, subprocess, sys, tempfile

import numpy
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODEL = os.path.join(ROOT, "assets", "models", "sprite")
ALL = "diffusers,diffusers-compiled,diffusers-bf16,diffusers-compiled-bf16,openvino,openvino-bf16,onnxruntime"
LEAST_DECIBELS = 40


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", required=True)
    parser.add_argument("--peers", default=ALL)
    parser.add_argument("--prompt", default="a red heart")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    broken = []
    with tempfile.TemporaryDirectory() as folder:
        reference = os.path.join(folder, "reference.png")
        run("scripts/reference.py", MODEL, options.prompt, "--seed", str(options.seed), "--out", reference)
        for peer in options.peers.split(","):
            file = os.path.join(folder, f"{peer}.png")
            request = dict(do="picture", prompt=options.prompt, negative="", width=128, height=128, steps=20, guidance=3.0,
                seed=options.seed, file=file)
            said = run("scripts/bench/peer.py", "--peer", peer, "--model", MODEL, "--cache", options.cache,
                "--once", json.dumps(request))
            if not os.path.exists(file):
                print(f"{peer}: {said.strip()}")
                broken += [] if "unavailable" in said else [peer]
                continue
            decibels, largest = difference(reference, file)
            print(f"{peer}: {decibels:.1f} dB, largest difference {largest} of 255", flush=True)
            if decibels < LEAST_DECIBELS and "16" not in peer:
                broken.append(peer)
    if broken:
        sys.exit(f"Broken: {', '.join(broken)}: want {LEAST_DECIBELS} dB")


def run(script, *arguments):
    command = [sys.executable, os.path.join(ROOT, script), *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def difference(one, other):
    a, b = (numpy.asarray(Image.open(file).convert("RGB")).astype(float) for file in (one, other))
    error = ((a - b) ** 2).mean()
    return (math.inf if error == 0 else 10 * math.log10(255**2 / error)), int(abs(a - b).max())


if __name__ == "__main__":
    main()
