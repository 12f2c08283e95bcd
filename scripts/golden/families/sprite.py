"""The built-in model's kind: BERT text states, text_time conditioning, latents with a mean and std per channel.

No pipeline of diffusers draws it; this does, with diffusers' networks and schedulers, at any size.
"""
import inspect, json, os
from types import SimpleNamespace

import diffusers, numpy, torch
from PIL import Image
from transformers import AutoTokenizer, BertModel

from . import pictures

PROMPTS = [
    "a happy dog", "red heart", "a sticker of a rocket", "dog face, animal, pet", "a slice of pizza", "green apple",
    "smiling face with sunglasses", "a yellow star", "blue car", "birthday cake with candles", "cat", "",
]


def requests():
    plain = {"steps": 20, "guidance": 3.0, "width": 128, "height": 128}
    asked = [(f"{i:02}-{'-'.join(p.replace(',', '').split()) or 'empty'}", {"prompt": p, "seed": i, **plain}) for i, p in enumerate(PROMPTS)]
    asked.append(("negative", {**plain, "prompt": "a happy dog", "negative": "cat, animal", "seed": 12}))
    asked.append(("wide", {**plain, "prompt": "a red car", "seed": 13, "width": 192}))
    return asked


def open_pipeline(folder, variant=None):
    load = lambda cls, name: cls.from_pretrained(os.path.join(folder, name), torch_dtype=torch.float32).eval()
    index = json.load(open(os.path.join(folder, "model_index.json")))
    parts = {
        "tokenizer": AutoTokenizer.from_pretrained(os.path.join(folder, "tokenizer")),
        "text_encoder": load(BertModel, "text_encoder"), "unet": load(diffusers.UNet2DConditionModel, "unet"),
        "vae": load(diffusers.AutoencoderKL, "vae"),
    }
    scheduler = getattr(diffusers, index["scheduler"][1]).from_pretrained(os.path.join(folder, "scheduler"))
    return {"text": SimpleNamespace(**parts, components=parts, scheduler=scheduler, window=index["text_states"]["max_length"])}


def encode(model, texts):
    """Text states [2, S, D] with zeroed padding, and their mean over real tokens [2, D]."""
    tokens = model.tokenizer(texts, padding="max_length", truncation=True, max_length=model.window, return_tensors="pt")
    ids, real = tokens["input_ids"], tokens["attention_mask"]
    mask = real[..., None].float()
    states = model.text_encoder(input_ids=ids, attention_mask=real, token_type_ids=torch.zeros_like(ids)).last_hidden_state * mask
    return states, states.sum(1) / mask.sum(1)


def start(model, request, scheduler, generator, inits):
    """The first latents and the timesteps, as StableDiffusionImg2ImgPipeline has them where there is an init picture."""
    config, steps = model.vae.config, request["steps"]
    factor = 2 ** (len(config.block_out_channels) - 1)
    shape = (1, config.latent_channels, request["height"] // factor, request["width"] // factor)
    scheduler.set_timesteps(steps)
    if "init" not in request:
        return torch.randn(shape, generator=generator) * scheduler.init_noise_sigma, scheduler.timesteps
    picture = numpy.asarray(Image.open(os.path.join(inits, request["init"])).convert("RGB"))
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
    mean, std = latent_scale(config)
    init = (model.vae.encode(pixels).latent_dist.sample(generator) - mean) * config.scaling_factor / std
    skipped = max(steps - min(int(steps * request["strength"]), steps), 0) * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skipped)
    timesteps = scheduler.timesteps[skipped:]
    return scheduler.add_noise(init, torch.randn(shape, generator=generator), timesteps[:1]), timesteps


def latent_scale(config):
    """The VAE's mean and std per latent channel, [1, C, 1, 1]."""
    return (torch.tensor(v).view(1, -1, 1, 1) for v in (config.latents_mean, config.latents_std))


@torch.no_grad()
def draw(pipes, request, inits=None):
    """The picture [H, W, 3] uint8 of a request as DrawRequest has it (src/job.ts)."""
    model, guidance = pipes["text"], request["guidance"]
    config = model.vae.config
    states, pooled = encode(model, [request.get("negative", ""), request["prompt"]])
    height, width = request["height"], request["width"]
    sizes = torch.tensor([[height, width, 0.0, 0.0, height, width]] * 2)
    generator = torch.Generator("cpu").manual_seed(request["seed"])
    scheduler = pictures.scheduler_for(model.scheduler, request.get("scheduler"))
    latents, timesteps = start(model, request, scheduler, generator, inits)
    # As the pipelines of diffusers call it: eta is 0, TCD's own default of 0.3 does not count.
    accepted = inspect.signature(scheduler.step).parameters
    extra = {k: v for k, v in {"generator": generator, "eta": 0.0}.items() if k in accepted}
    for t in timesteps:
        x = scheduler.scale_model_input(torch.cat([latents] * 2), t)
        negative, positive = model.unet(x, t, states, added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes}).sample.chunk(2)
        guided = negative + guidance * (positive - negative) if guidance > 1 else positive
        latents = scheduler.step(guided, t, latents, **extra).prev_sample
    mean, std = latent_scale(config)
    pixels = model.vae.decode(latents * std / config.scaling_factor + mean).sample
    return ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte()[0].permute(1, 2, 0).numpy()
