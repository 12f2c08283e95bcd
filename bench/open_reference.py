"""diffusers' from_pretrained of the same folder, then its first U-Net call or picture, for bench/open.ts; imports are
not counted.

Needs torch, diffusers, transformers (PyPI).
"""
import json, sys, time

import torch
from diffusers import StableDiffusionPipeline

def call(unet):
    with torch.no_grad():
        unet(torch.full((1, 4, 8, 8), 0.1), 0.1, torch.full((1, 77, 768), 0.1))

what, folder = sys.argv[1:]
StableDiffusionPipeline.__name__  # resolves the lazy import before the clock starts
began = time.perf_counter()
elapsed = lambda: round(time.perf_counter() - began, 3)
pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None)
times = dict(open_seconds=elapsed())
if what == "picture":
    pipeline("a red fox", width=64, height=64, num_inference_steps=2)
    times["picture_seconds"] = elapsed()
else:
    pipeline.tokenizer("a red fox")
    call(pipeline.unet)
    times["answered_seconds"] = elapsed()
    call(pipeline.unet)
    times["second_call_seconds"] = round(elapsed() - times["answered_seconds"], 3)
print(json.dumps(times))
