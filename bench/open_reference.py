"""diffusers' from_pretrained and first U-Net call of the same folder, for bench/open.ts; imports are not counted.

Needs torch, diffusers, transformers (PyPI).
"""
import json, sys, time

import torch
from diffusers import StableDiffusionPipeline

def call(unet):
    with torch.no_grad():
        unet(torch.full((1, 4, 8, 8), 0.1), 0.1, torch.full((1, 77, 768), 0.1))

StableDiffusionPipeline.__name__  # resolves the lazy import before the clock starts
began = time.perf_counter()
pipeline = StableDiffusionPipeline.from_pretrained(sys.argv[1], torch_dtype=torch.float32, safety_checker=None)
opened = time.perf_counter()
call(pipeline.unet)
answered = time.perf_counter()
call(pipeline.unet)
again = time.perf_counter()
print(json.dumps(dict(open_seconds=round(opened - began, 3), answered_seconds=round(answered - began, 3), second_call_seconds=round(again - answered, 3))))
