"""A picture by diffusers as a user's script draws it, for bench/cold.ts: imports, from_pretrained, the call, the file.

Needs torch, diffusers, transformers (PyPI).
"""
import sys

import torch
from diffusers import StableDiffusionPipeline

folder, size, steps, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None)
generator = torch.Generator("cpu").manual_seed(0)
pipeline("a red fox", width=size, height=size, num_inference_steps=steps, generator=generator).images[0].save(out)
