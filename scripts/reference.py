"""Draw with the sprite model through diffusers and torch: the reference that the engine is compared with.

python scripts/reference.py assets/models/sprite "a red heart" --steps 20 --guidance 3 --seed 0 --out heart.png
Needs: torch, diffusers, transformers, pillow (PyPI). Computes in fp32 on the CPU.
"""
import argparse, json, os, time

start = time.perf_counter()
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel, DDIMScheduler
from transformers import AutoTokenizer, BertModel
from PIL import Image

args = argparse.ArgumentParser()
args.add_argument("model"); args.add_argument("prompt"); args.add_argument("--negative", default="")
args.add_argument("--steps", type=int, default=20); args.add_argument("--guidance", type=float, default=3.0)
args.add_argument("--seed", type=int, default=0); args.add_argument("--out", default="out.png"); args.add_argument("--repeat", type=int, default=1)
a = args.parse_args()

load = lambda cls, sub: cls.from_pretrained(os.path.join(a.model, sub), torch_dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(os.path.join(a.model, "tokenizer"))
text, unet, vae = load(BertModel, "text_encoder"), load(UNet2DConditionModel, "unet"), load(AutoencoderKL, "vae")
scheduler = DDIMScheduler.from_pretrained(os.path.join(a.model, "scheduler"))
length = json.load(open(os.path.join(a.model, "model_index.json")))["text_states"]["max_length"]

@torch.no_grad()
def draw():
    # Text states [2, 24, 384]: padding is zeroed; pooled [2, 384] is the mean over real tokens.
    tokens = tokenizer([a.negative, a.prompt], padding="max_length", truncation=True, max_length=length, return_tensors="pt")
    mask = tokens["attention_mask"][..., None].float()
    states = text(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"], token_type_ids=torch.zeros_like(tokens["input_ids"])).last_hidden_state * mask
    added = dict(text_embeds=states.sum(1) / mask.sum(1), time_ids=torch.tensor([[128.0, 128.0, 0.0, 0.0, 128.0, 128.0]] * 2))
    # Latents [1, 8, 16, 16].
    latents = torch.randn(1, 8, 16, 16, generator=torch.Generator("cpu").manual_seed(a.seed))
    scheduler.set_timesteps(a.steps)
    for t in scheduler.timesteps:
        v = unet(torch.cat([latents, latents]), t, states, added_cond_kwargs=added).sample
        negative, positive = v.chunk(2)
        latents = scheduler.step(negative + a.guidance * (positive - negative), t, latents).prev_sample
    c = vae.config
    mean, std = (torch.tensor(x).view(1, -1, 1, 1) for x in (c.latents_mean, c.latents_std))
    pixels = vae.decode(latents * std / c.scaling_factor + mean).sample
    return ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte()[0].permute(1, 2, 0).numpy()

for _ in range(a.repeat):
    began = time.perf_counter(); image = draw(); warm = time.perf_counter() - began
Image.fromarray(image).save(a.out)
print(json.dumps(dict(out=a.out, draw_seconds=round(warm, 3), since_start_seconds=round(time.perf_counter() - start, 3))))
