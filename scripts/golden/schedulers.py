"""Record whole trajectories of diffusers' schedulers: the truth of test/engine/schedulers/.

python scripts/golden/schedulers.py    (needs torch, diffusers 0.42, scipy: PyPI)

Writes test/golden/schedulers/: trajectories.jsonl, each class with many configs, step counts and strengths;
carried.jsonl, real config files put into their pipelines and carried over to each class; guidance.json.
The model is a rational function of x and the timestep, so that both sides can compute it alike in float32; x and all
noise come from one generator in the order of the pipelines, so they are not stored. Arrays are float32, base64.
"""

import base64
import inspect
import json
import logging
import pathlib
import warnings

import diffusers
import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg
from scheduler_configs import CONFIGS, FILES, NAMES

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
OUT = pathlib.Path(__file__).parents[2] / "test/golden/schedulers"
SHAPE = (1, 1, 4, 5)
SEED = 7
INIT_SEED = 11
STEPS = [1, 2, 4, 7, 20, 50]
# On both sides of the length below which a multistep solver ends with lower orders.
SOLVER_STEPS = [14, 15]
STRENGTHS = [0.3, 0.5, 0.8, 1.0]


def model(x, timestep):
    s = torch.tensor(float(timestep), dtype=torch.float32) * (1 / 1024)
    return (x + s * 0.25) / (x * x * 0.25 + s * 0.5 + 1.0)


def pack(values):
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def start(scheduler, steps, strength, strength_in_schedule):
    """set_timesteps and the slicing of the img2img pipelines; gives the timesteps to do."""
    if strength is None:
        scheduler.set_timesteps(steps)
        return scheduler.timesteps
    if strength_in_schedule:
        scheduler.set_timesteps(steps, strength=strength)
        return scheduler.timesteps
    scheduler.set_timesteps(steps)
    begin = max(steps - min(int(steps * strength), steps), 0) * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    return scheduler.timesteps[begin:]


def draw(scheduler, steps, strength=None, eta=0.0, strength_in_schedule=False):
    timesteps = start(scheduler, steps, strength, strength_in_schedule)
    generator = torch.Generator("cpu").manual_seed(SEED)
    noise = torch.randn(SHAPE, generator=generator)
    if strength is None:
        x = noise * scheduler.init_noise_sigma
    else:
        init = torch.randn(SHAPE, generator=torch.Generator("cpu").manual_seed(INIT_SEED))
        x = scheduler.add_noise(init, noise, timesteps[:1]) if len(timesteps) else init
    accepted = inspect.signature(scheduler.step).parameters
    extra = {"eta": eta} if "eta" in accepted else {}
    if "generator" in accepted:
        extra["generator"] = generator
    for t in timesteps:
        x = scheduler.step(model(scheduler.scale_model_input(x, t), t), t, x, **extra).prev_sample
    assert torch.isfinite(x).all(), (type(scheduler).__name__, dict(scheduler.config), steps, strength)
    return x


def levels(scheduler, steps):
    scheduler.set_timesteps(steps)
    timesteps, sigmas = scheduler.timesteps, getattr(scheduler, "sigmas", [])
    if isinstance(scheduler, diffusers.HeunDiscreteScheduler):
        # Each step but the first begins with the level that the one before ended with; we list it once.
        timesteps = torch.cat([timesteps[:1], timesteps[1::2]])
        sigmas = torch.cat([sigmas[:1], sigmas[1:-1:2], sigmas[-1:]])
    return {
        "timesteps": pack(timesteps),
        "sigmas": pack(sigmas),
        "init_noise_sigma": float(scheduler.init_noise_sigma),
    }


def run(make, steps, strength, **options):
    """The final x; None where diffusers itself fails, which is printed and not recorded."""
    try:
        return pack(draw(make(), steps, strength, **options).flatten())
    except Exception as error:
        print("no", steps, "steps:", type(error).__name__, str(error)[:100])
        return None


def trajectories():
    for name, configs in CONFIGS.items():
        cls = getattr(diffusers, name)
        for config in configs:
            make = lambda: cls.from_config(dict(config))  # noqa: E731
            etas = [0.0] if name not in ("DDIMScheduler", "TCDScheduler") else [0.0, 0.3, 1.0]
            counts = sorted(STEPS + SOLVER_STEPS) if "Multistep" in name else STEPS
            runs = []
            for eta in etas if len(config) < 2 or config.get("clip_sample") is False else etas[:1]:
                for steps in counts:
                    strengths = [None, *STRENGTHS] if steps in (2, 7, 20) and eta == 0 else [None]
                    for strength in strengths:
                        x = run(make, steps, strength, eta=eta)
                        if x is not None:
                            runs.append({"steps": steps, "strength": strength, "eta": eta, "x": x})
            chains = {}
            for steps in counts:
                try:
                    chains[steps] = levels(make(), steps)
                except Exception:
                    pass
            yield {"class": name, "config": config, "schedules": chains, "runs": runs}


def carried():
    for pipeline_name, title, file in FILES:
        pipeline_class = getattr(diffusers, pipeline_name)
        scheduler = getattr(diffusers, file["_class_name"]).from_config(dict(file))
        given = {"scheduler": scheduler}
        for key in inspect.signature(pipeline_class.__init__).parameters:
            if key in ("vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet"):
                given[key] = None
            elif key in ("safety_checker", "feature_extractor", "image_encoder"):
                given[key] = None
            elif key == "requires_safety_checker":
                given[key] = False
        pipe = pipeline_class(**given)
        runs = []
        for name in [None, *NAMES]:
            if name is None:
                make = lambda: pipe.scheduler  # noqa: E731
            else:
                cls, options = NAMES[name]
                make = lambda: getattr(diffusers, cls).from_config(pipe.scheduler.config, **options)  # noqa: E731
            inside = pipeline_name.startswith("LatentConsistency") and name in (None, "lcm", "tcd")
            for strength in (None, 0.6):
                x = run(make, 7, strength, strength_in_schedule=inside)
                if x is not None:
                    runs.append({"name": name, "steps": 7, "strength": strength, "x": x})
        yield {"pipeline": pipeline_name, "title": title, "file": file, "runs": runs}


def guidance():
    generator = torch.Generator("cpu").manual_seed(SEED)
    for scale in (1.0, 3.0, 7.5):
        for rescale in (0.0, 0.3, 0.7, 1.0):
            negative, positive = torch.randn((2, 1, *SHAPE[1:]), generator=generator)
            guided = negative + scale * (positive - negative)
            rescaled = rescale_noise_cfg(guided, positive, guidance_rescale=rescale)
            yield {"scale": scale, "rescale": rescale, "guided": pack(guided), "rescaled": pack(rescaled)}


OUT.mkdir(parents=True, exist_ok=True)
header = {"made": {"torch": torch.__version__, "diffusers": diffusers.__version__}}
for name, rows in (("trajectories", trajectories()), ("carried", carried()), ("guidance", guidance())):
    path = OUT / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [header, *rows]))
    print(path, path.stat().st_size, "bytes")
