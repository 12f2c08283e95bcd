"""The configs that schedulers.py records: of each class many, files as the hub has them, and Kiln's own names."""

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
