"""What every peer takes from a checkpoint's folder in diffusers' layout: tokenizer, scheduler, and what the networks are fed.

Knows StableDiffusionPipeline, and a pipeline with `text_states` in its model_index.json (the built-in model; compare
scripts/reference.py). The words are diffusers'.
"""
import json, os

import torch

from peer import Unavailable


class Checkpoint:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.index = self.json("model_index.json")
        self.text_states = self.index.get("text_states")
        pipeline = self.index["_class_name"]
        if pipeline != "StableDiffusionPipeline" and not self.text_states:
            raise Unavailable(f"{folder} is a {pipeline}; peers draw with StableDiffusionPipeline and the built-in model")
        self.unet, self.vae = self.json("unet/config.json"), self.json("vae/config.json")
        self.factor = 2 ** (len(self.vae["block_out_channels"]) - 1)
        self.added = self.unet.get("addition_embed_type") == "text_time"
        self._tokenizer = self._scheduler = None

    def json(self, path):
        with open(os.path.join(self.folder, path)) as file:
            return json.load(file)

    def part(self, name):
        """A part's class, by diffusers' name for it, and its folder."""
        library, class_name = self.index[name]
        if library == "transformers":
            import transformers as module
        else:
            import diffusers as module
        return getattr(module, class_name), os.path.join(self.folder, name)

    def load(self, name, dtype=torch.float32, **options):
        """A network with its weights, as from_pretrained maps them."""
        cls, folder = self.part(name)
        key = "dtype" if self.index[name][0] == "transformers" else "torch_dtype"
        return cls.from_pretrained(folder, **{key: dtype}, **options).eval().requires_grad_(False)

    @property
    def scheduler(self):
        if self._scheduler is None:
            cls, folder = self.part("scheduler")
            self._scheduler = cls.from_pretrained(folder)
        return self._scheduler

    def tokens(self, prompts):
        """Token ids and mask [B, L]."""
        if self._tokenizer is None:
            cls, folder = self.part("tokenizer")
            self._tokenizer = cls.from_pretrained(folder)
        length = (self.text_states or {}).get("max_length") or self._tokenizer.model_max_length
        tokens = self._tokenizer(prompts, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
        return tokens["input_ids"], tokens["attention_mask"]

    def conditions(self, states, mask, width, height):
        """What the U-Net is told: states [B, L, D] and, where it takes them, the pooled states and the sizes."""
        if not self.text_states:
            return (states,)
        mask = mask[..., None].to(states)
        states = states * mask
        sizes = torch.tensor([[height, width, 0, 0, height, width]], dtype=states.dtype, device=states.device)
        return states, states.sum(1) / mask.sum(1), sizes.expand(len(states), -1).contiguous()

    def blank(self, width, height, batch, tokens):
        """Inputs of a U-Net call of a shape: sample, timestep [1], conditions. Numbers as in the middle of a drawing."""
        generator = torch.Generator("cpu").manual_seed(0)
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        states = randn(batch, tokens, self.unet["cross_attention_dim"])
        conditions = self.conditions(states, torch.ones(batch, tokens), width, height)
        return self.noise(width, height, range(batch)), torch.tensor([501.0]), conditions

    def noise(self, width, height, seeds):
        """[B, C, h, w]: each picture's own, from torch's generator on the CPU."""
        shape = (1, self.unet["in_channels"], height // self.factor, width // self.factor)
        return torch.cat([torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed)) for seed in seeds])

    def for_decoder(self, latents):
        mean, std = (self.vae.get(f"latents_{name}") for name in ("mean", "std"))
        each = lambda values: torch.tensor(values, device=latents.device).view(1, -1, 1, 1)
        latents = latents * each(std) if std else latents
        latents = latents / self.vae.get("scaling_factor", 0.18215)
        return latents + each(mean) if mean else latents
