"""A checkpoint's networks as plain functions of tensors, traced once and kept in the cache."""
import hashlib, os, shutil, tempfile

import torch

NETWORKS = ("text", "unet", "vae")


class Text(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model, self.masked = model, model.config.model_type == "bert"

    def forward(self, ids, mask):
        return self.model(input_ids=ids, attention_mask=mask if self.masked else None).last_hidden_state


class UNet(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, sample, timestep, states, text_embeds=None, time_ids=None):
        added = dict(text_embeds=text_embeds, time_ids=time_ids) if text_embeds is not None else None
        return self.model(sample, timestep, states, added_cond_kwargs=added, return_dict=False)[0]


class Decoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, latents):
        return self.model.decode(latents, return_dict=False)[0]


def module(checkpoint, name):
    """The network in fp32, an example of its inputs by name, and which of their dims may change."""
    side = 16 if checkpoint.text_states else 32
    size = side * checkpoint.factor
    if name == "text":
        # Traced with its mask as plain arithmetic.
        model = Text(checkpoint.load("text_encoder", attn_implementation="eager"))
        ids, mask = checkpoint.tokens(["", "a red fox"])
        inputs = dict(ids=ids, mask=mask) if model.masked else dict(ids=ids)
        if not model.masked:
            model.forward = lambda ids: Text.forward(model, ids, None)
        return model, inputs, {name: {0: "batch"} for name in inputs}
    if name == "vae":
        latents = checkpoint.noise(size, size, [0])
        return Decoder(checkpoint.load("vae")), dict(latents=latents), {"latents": {0: "batch", 2: "height", 3: "width"}}
    tokens = (checkpoint.text_states or {}).get("max_length") or 77
    sample, timestep, conditions = checkpoint.blank(size, size, 2, tokens)
    inputs = dict(sample=sample, timestep=timestep, **dict(zip(("states", "text_embeds", "time_ids"), conditions)))
    dims = {name: {0: "batch"} for name in inputs if name != "timestep"}
    dims["sample"] |= {2: "height", 3: "width"}
    dims["states"] |= {1: "tokens"}
    return UNet(checkpoint.load("unet")), inputs, dims


def exported(checkpoint, cache, kind, name, write):
    """The folder with a network's export, made with `write(folder, module, inputs, dims)` where there is none yet."""
    folder = os.path.join(os.path.abspath(cache), key(checkpoint), f"{kind}-{name}")
    if not os.path.isdir(folder):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        making = tempfile.mkdtemp(dir=os.path.dirname(folder))
        try:
            with torch.no_grad():
                write(making, *module(checkpoint, name))
            os.rename(making, folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder


def key(checkpoint):
    """Tells a checkpoint by its place and its files' sizes and times: hashing gigabytes is no part of a start."""
    told = [checkpoint.folder, torch.__version__]
    for part in ("text_encoder", "unet", "vae"):
        for file in sorted(os.scandir(os.path.join(checkpoint.folder, part)), key=lambda file: file.name):
            told += [file.name, file.stat().st_size, file.stat().st_mtime_ns]
    return f"{os.path.basename(checkpoint.folder)}-{hashlib.sha256(repr(told).encode()).hexdigest()[:12]}"


class Kept:
    """What was opened for the last few shapes: each may hold a copy of all weights."""

    def __init__(self, open, limit=2):
        self.open, self.limit, self.opened = open, limit, {}

    def __call__(self, shape):
        opened = self.opened.pop(shape, None)
        while opened is None and len(self.opened) >= self.limit:
            del self.opened[next(iter(self.opened))]
        self.opened[shape] = opened or self.open(shape)
        return self.opened[shape]
