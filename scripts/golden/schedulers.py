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


LATENT = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
COSINE = dict(beta_schedule="squaredcos_cap_v2")
V = dict(prediction_type="v_prediction")
ZERO_SNR = dict(rescale_betas_zero_snr=True, **V)
BETAS = [round(0.0005 + 0.00003 * i, 6) for i in range(100)]
TRAINED = dict(trained_betas=BETAS, num_train_timesteps=100)
SPACINGS = [dict(timestep_spacing=s) for s in ("linspace", "leading", "trailing")]
THRESHOLD = dict(thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=1.5)
CONVERTED = [
    dict(use_karras_sigmas=True),
    dict(use_exponential_sigmas=True),
    dict(use_beta_sigmas=True),
]


def every(*lists):
    """All combinations of one dict of each list, merged."""
    combined = [{}]
    for options in lists:
        combined = [{**a, **b} for a in combined for b in options]
    return combined


PREDICTIONS = [dict(prediction_type=p) for p in ("epsilon", "sample", "v_prediction")]
SOLVER = every([LATENT], [{}, dict(steps_offset=1, timestep_spacing="leading"), dict(timestep_spacing="trailing")])

CONFIGS = {
    "DDIMScheduler": [
        {},
        *every([LATENT], SPACINGS, [dict(clip_sample=False)]),
        *every([LATENT], [dict(steps_offset=1, set_alpha_to_one=False, clip_sample=False)], PREDICTIONS),
        {**LATENT, **ZERO_SNR, "timestep_spacing": "trailing", "clip_sample": False},
        {**LATENT, **ZERO_SNR, "timestep_spacing": "linspace", "clip_sample_range": 1.5},
        {**COSINE, **V, "clip_sample": False},
        {**LATENT, **THRESHOLD},
        {**TRAINED, "clip_sample": False},
    ],
    "PNDMScheduler": [
        *every([LATENT], [dict(skip_prk_steps=True)], SPACINGS),
        *every([LATENT], [dict(skip_prk_steps=True, steps_offset=1)], PREDICTIONS[::2]),
        {**LATENT, "skip_prk_steps": True, "set_alpha_to_one": True, "steps_offset": 1},
        *every([LATENT], SPACINGS, [{}, V]),
        {**LATENT, "steps_offset": 1},
    ],
    "EulerDiscreteScheduler": [
        {},
        *every([LATENT], SPACINGS, PREDICTIONS),
        *every([LATENT], CONVERTED, [dict(timestep_spacing="leading", steps_offset=1), {}]),
        *every([LATENT], CONVERTED, [dict(sigma_min=0.05, sigma_max=12.0)]),
        {**LATENT, "final_sigmas_type": "sigma_min"},
        {**LATENT, "interpolation_type": "log_linear"},
        {**LATENT, "interpolation_type": "log_linear", "use_karras_sigmas": True},
        {**LATENT, **V, "timestep_type": "continuous", "use_karras_sigmas": True},
        {**LATENT, **ZERO_SNR, "timestep_spacing": "trailing"},
        {**COSINE, **V},
        {**TRAINED},
    ],
    "EulerAncestralDiscreteScheduler": [
        {},
        *every([LATENT], SPACINGS, PREDICTIONS[::2]),
        {**LATENT, "timestep_spacing": "leading", "steps_offset": 1},
        {**LATENT, **ZERO_SNR, "timestep_spacing": "trailing"},
    ],
    "HeunDiscreteScheduler": [
        {},
        *every([LATENT], SPACINGS, PREDICTIONS),
        *every([LATENT], CONVERTED),
        {**LATENT, "clip_sample": True, "clip_sample_range": 1.2},
        {**LATENT, "timestep_spacing": "leading", "steps_offset": 1},
    ],
    "DPMSolverMultistepScheduler": [
        {},
        *every(SOLVER, PREDICTIONS),
        *every([LATENT], CONVERTED, [{}, dict(timestep_spacing="leading", steps_offset=1)]),
        {**LATENT, "use_lu_lambdas": True},
        *every(
            [LATENT, {**LATENT, "timestep_spacing": "trailing"}],
            [dict(algorithm_type="dpmsolver++"), dict(algorithm_type="sde-dpmsolver++")],
            [dict(solver_order=1), dict(solver_order=2), dict(solver_order=2, solver_type="heun"), dict(solver_order=3)],
        ),
        *every(
            [{**LATENT, "algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}],
            [dict(solver_order=1), dict(solver_order=2), dict(solver_order=2, solver_type="heun"), dict(solver_order=3)],
        ),
        *every([LATENT], [dict(algorithm_type="dpmsolver", final_sigmas_type="sigma_min")], PREDICTIONS[1:]),
        *every(
            [{**LATENT, "algorithm_type": "sde-dpmsolver", "final_sigmas_type": "sigma_min"}],
            [dict(solver_order=1), dict(solver_order=2), dict(solver_order=2, solver_type="heun")],
        ),
        {**LATENT, "lower_order_final": False, "solver_order": 3},
        {**LATENT, "lower_order_final": False, "final_sigmas_type": "sigma_min", "solver_order": 3},
        {**LATENT, "euler_at_final": True, "final_sigmas_type": "sigma_min"},
        {**LATENT, "final_sigmas_type": "sigma_min", "use_karras_sigmas": True},
        {**LATENT, **ZERO_SNR, "timestep_spacing": "trailing"},
        {**COSINE, "lambda_min_clipped": -5.1, **V},
        {**COSINE, "lambda_min_clipped": -5.1, "timestep_spacing": "trailing"},
        {**COSINE, "use_karras_sigmas": True},
        {**LATENT, **THRESHOLD},
        {**LATENT, **THRESHOLD, "algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"},
        {**LATENT, "algorithm_type": "deis", "solver_type": "logrho", "final_sigmas_type": "sigma_min"},
    ],
    "UniPCMultistepScheduler": [
        {},
        *every(SOLVER, PREDICTIONS),
        *every([LATENT], CONVERTED, [{}, dict(final_sigmas_type="sigma_min")]),
        *every([LATENT], [dict(solver_order=n) for n in (1, 3, 4)]),
        *every(
            [{**LATENT, "final_sigmas_type": "sigma_min"}],
            [dict(solver_type="bh1"), dict(solver_type="bh1", solver_order=3), dict(lower_order_final=False)],
        ),
        *every([{**LATENT, "predict_x0": False, "final_sigmas_type": "sigma_min"}], PREDICTIONS),
        {**LATENT, "disable_corrector": [0, 1, 4]},
        {**LATENT, "sigma_min": 0.05, "sigma_max": 12.0, "use_karras_sigmas": True},
        {**LATENT, **ZERO_SNR, "timestep_spacing": "trailing"},
        {**LATENT, **THRESHOLD},
        {**LATENT, "solver_type": "midpoint"},
    ],
    "LCMScheduler": [
        *every([{}], PREDICTIONS),
        {"original_inference_steps": 100, "timestep_scaling": 2.0},
        {"clip_sample": True, **V},
        {**THRESHOLD},
        {"rescale_betas_zero_snr": True, **V},
    ],
    "TCDScheduler": [*every([{}], PREDICTIONS), {"original_inference_steps": 100}, {"set_alpha_to_one": False}],
}

# Config files as they are on the hub, with their pipeline.
FILES = [
    (
        "StableDiffusionPipeline",
        "SD 1.5",
        {"_class_name": "PNDMScheduler", **LATENT, "num_train_timesteps": 1000, "set_alpha_to_one": False}
        | {"skip_prk_steps": True, "steps_offset": 1, "trained_betas": None, "clip_sample": False},
    ),
    (
        "StableDiffusionPipeline",
        "SD 1 before steps_offset",
        {"_class_name": "PNDMScheduler", **LATENT, "num_train_timesteps": 1000, "skip_prk_steps": True},
    ),
    (
        "StableDiffusionPipeline",
        "steps_offset 0 and clip_sample in the file",
        {"_class_name": "DDIMScheduler", **LATENT, "steps_offset": 0, "clip_sample": True},
    ),
    (
        "StableDiffusionPipeline",
        "DDIM without clip_sample",
        {"_class_name": "DDIMScheduler", **LATENT, "timestep_spacing": "leading"},
    ),
    (
        "StableDiffusionPipeline",
        "SD 2.1",
        {"_class_name": "DDIMScheduler", **LATENT, "clip_sample": False, "num_train_timesteps": 1000}
        | {"prediction_type": "v_prediction", "set_alpha_to_one": False, "skip_prk_steps": True}
        | {"steps_offset": 1, "trained_betas": None},
    ),
    (
        "StableDiffusionXLPipeline",
        "SDXL",
        {"_class_name": "EulerDiscreteScheduler", **LATENT, "clip_sample": False, "interpolation_type": "linear"}
        | {"num_train_timesteps": 1000, "prediction_type": "epsilon", "sample_max_value": 1.0}
        | {"set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "timestep_spacing": "leading"}
        | {"trained_betas": None, "use_karras_sigmas": False},
    ),
    (
        "StableDiffusionXLPipeline",
        "SDXL Turbo",
        {"_class_name": "EulerAncestralDiscreteScheduler", **LATENT, "clip_sample": False}
        | {"interpolation_type": "linear", "num_train_timesteps": 1000, "prediction_type": "epsilon"}
        | {"sample_max_value": 1.0, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1}
        | {"timestep_spacing": "trailing", "trained_betas": None},
    ),
    (
        "StableDiffusionXLPipeline",
        "clip_sample true and steps_offset absent, where no pipeline corrects them",
        {"_class_name": "EulerDiscreteScheduler", **LATENT, "clip_sample": True, "timestep_spacing": "leading"},
    ),
    (
        "StableDiffusionXLPipeline",
        "DPM++ 2M Karras with Heun's solver",
        {"_class_name": "DPMSolverMultistepScheduler", **LATENT, "use_karras_sigmas": True, "solver_type": "heun"}
        | {"sigma_min": 0.05, "final_sigmas_type": "sigma_min"},
    ),
    (
        "LatentConsistencyModelPipeline",
        "LCM Dreamshaper",
        {"_class_name": "LCMScheduler", **LATENT, "clip_sample": False, "clip_sample_range": 1.0}
        | {"num_train_timesteps": 1000, "original_inference_steps": 50, "prediction_type": "epsilon"}
        | {"rescale_betas_zero_snr": False, "set_alpha_to_one": True, "steps_offset": 0, "thresholding": False}
        | {"timestep_spacing": "leading", "trained_betas": None},
    ),
]
NAMES = {
    "ddim": ("DDIMScheduler", {}),
    "pndm": ("PNDMScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {}),
    "dpmpp_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
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
