"""The built-in model's kind: BERT text states, text_time conditioning, latents with a mean and std per channel.

No pipeline of diffusers draws it; this does, with diffusers' networks and schedulers, at any size.
"""
import inspect, json, os, string
from types import SimpleNamespace

import diffusers, numpy, torch
from PIL import Image
from transformers import AutoTokenizer, BertModel

from . import pictures, requests as ask
from .checkpoint import component
from .parts import vae
from .sd import BETAS
from .sdxl import xl_unet
from .tokenizer import WORDS

PROMPTS = [
    "a happy dog", "red heart", "a sticker of a rocket", "dog face, animal, pet", "a slice of pizza", "green apple",
    "smiling face with sunglasses", "a yellow star", "blue car", "birthday cake with candles", "cat", "",
]


def built_in_requests():
    plain = {"steps": 20, "guidance": 3.0, "width": 128, "height": 128}
    name = lambda i, prompt: f"{i:02}-{'-'.join(prompt.replace(',', '').split()) or 'empty'}"
    asked = [(name(i, prompt), {"prompt": prompt, "seed": i, **plain}) for i, prompt in enumerate(PROMPTS)]
    asked.append(("negative", {**plain, "prompt": "a happy dog", "negative": "cat, animal", "seed": 12}))
    asked.append(("wide", {**plain, "prompt": "a red car", "seed": 13, "width": 192}))
    return asked


def open_pipeline(folder, family=None):
    load = lambda cls, name: cls.from_pretrained(os.path.join(folder, name), torch_dtype=torch.float32).eval()
    index = json.load(open(os.path.join(folder, "model_index.json")))
    parts = {
        "tokenizer": AutoTokenizer.from_pretrained(os.path.join(folder, "tokenizer")),
        "text_encoder": load(BertModel, "text_encoder"), "unet": load(diffusers.UNet2DConditionModel, "unet"),
        "vae": load(diffusers.AutoencoderKL, "vae"),
    }
    size = parts["unet"].config.sample_size * 2 ** (len(parts["vae"].config.block_out_channels) - 1)
    scheduler = getattr(diffusers, index["scheduler"][1]).from_pretrained(os.path.join(folder, "scheduler"))
    return {"text": SimpleNamespace(**parts, components=parts, scheduler=scheduler,
        window=index["text_states"]["max_length"], defaults={**index["defaults"], "width": size, "height": size})}


def encode(model, texts):
    """Text states [2, S, D] with zeroed padding, and their mean over real tokens [2, D]."""
    tokens = model.tokenizer(texts, padding="max_length", truncation=True, max_length=model.window, return_tensors="pt")
    ids, real = tokens["input_ids"], tokens["attention_mask"]
    mask = real[..., None].float()
    encoded = model.text_encoder(input_ids=ids, attention_mask=real, token_type_ids=torch.zeros_like(ids))
    states = encoded.last_hidden_state * mask
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
    model = pipes["text"]
    config, request = model.vae.config, {**model.defaults, **request}
    guidance = request["guidance"]
    states, pooled = encode(model, [request.get("negative", ""), request["prompt"]])
    height, width = request["height"], request["width"]
    sizes = torch.tensor([[height, width, 0.0, 0.0, height, width]] * 2)
    added = {"text_embeds": pooled, "time_ids": sizes}
    generator = torch.Generator("cpu").manual_seed(request["seed"])
    scheduler = pictures.scheduler_for(model.scheduler, request.get("scheduler"))
    latents, timesteps = start(model, request, scheduler, generator, inits)
    # As the pipelines of diffusers call it: eta is 0, TCD's own default of 0.3 does not count.
    accepted = inspect.signature(scheduler.step).parameters
    extra = {k: v for k, v in {"generator": generator, "eta": 0.0}.items() if k in accepted}
    for t in timesteps:
        x = scheduler.scale_model_input(torch.cat([latents] * 2), t)
        negative, positive = model.unet(x, t, states, added_cond_kwargs=added).sample.chunk(2)
        guided = negative + guidance * (positive - negative) if guidance > 1 else positive
        latents = scheduler.step(guided, t, latents, **extra).prev_sample
    mean, std = latent_scale(config)
    pixels = model.vae.decode(latents * std / config.scaling_factor + mean).sample
    return ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte()[0].permute(1, 2, 0).numpy()


VOCABULARY = [
    "[PAD]", *(f"[unused{i}]" for i in range(9)), "[UNK]", "[CLS]", "[SEP]", "[MASK]",
    *string.punctuation, *string.digits, *string.ascii_lowercase, *(f"##{c}" for c in string.ascii_lowercase + string.digits),
    *(word for word in WORDS if len(word) > 1), "##s", "##ing", "##py",
]
BERT = {
    "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "hidden_size": 40,
    "initializer_range": 0.02, "intermediate_size": 96, "layer_norm_eps": 1e-12, "max_position_embeddings": 32,
    "model_type": "bert",
    "num_attention_heads": 4, "num_hidden_layers": 2, "pad_token_id": 0, "position_embedding_type": "absolute",
    "type_vocab_size": 2,
    "vocab_size": len(VOCABULARY),
}
TOKENIZER = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 16, "cls_token": "[CLS]",
    "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
LATENTS = {"latents_mean": [-0.17, 0.84, -1.86, -0.23, 0.4, 0.0], "latents_std": [0.96, 1.32, 1.94, 1.58, 0.67, 0.74],
    "scaling_factor": 0.7}
SCHEDULER = {
    "_class_name": "DDIMScheduler", **BETAS, "prediction_type": "v_prediction", "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing", "clip_sample": False, "set_alpha_to_one": True, "steps_offset": 0,
}
PLAIN = {"prompt": "a happy dog", "width": 40, "height": 56, "guidance": 3.0}
# The same kind with another width, window and number of latent channels, so that nothing holds for one size only.
tiny = dict(
    name="sprite-tiny", seed=51, texts=ask.TEXTS,
    index={
        "_class_name": "SpritePipeline", "tokenizer": ["transformers", "BertTokenizer"],
        "text_encoder": ["transformers", "BertModel"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "defaults": {"steps": 6, "guidance": 2.5},
        "text_states": {"max_length": 16, "zero_padding": True, "pooled": "masked_mean"},
    },
    configs={"scheduler/scheduler_config.json": SCHEDULER, "tokenizer/tokenizer_config.json": TOKENIZER},
    text_files={"tokenizer/vocab.txt": "".join(f"{token}\n" for token in VOCABULARY)},
    components={
        "text_encoder": component(BertModel, BERT, dtype="F16", leave=r"^pooler\.", gains={r"(query|key)\.weight": 1.5}),
        "unet": xl_unet((32, 64), "DC", "CD", 40, 40, {"attention_head_dim": 4, "in_channels": 6, "out_channels": 6, "sample_size": 10}, dtype="F16"),
        "vae": vae((16, 32, 32), latent=6, config={**LATENTS, "mid_block_add_attention": False, "sample_size": 40}, dtype="F16"),
    },
    pictures=[*ask.schedulers(steps=5, plain=PLAIN), *ask.few(PLAIN), ("defaults", {"prompt": "red fox", "seed": 20}),
        ("long-prompt", {**PLAIN, "prompt": ask.LONG, "steps": 3, "seed": 21})],
)
