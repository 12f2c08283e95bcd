"""Whole pictures by diffusers' own pipelines, fp32 on the CPU with a CPU generator."""
import copy, os

import diffusers
import numpy, torch
from PIL import Image

from . import tokenizer

CLASSES = {
    "ddim": ("DDIMScheduler", {}), "pndm": ("PNDMScheduler", {}), "euler": ("EulerDiscreteScheduler", {}),
    "euler_a": ("EulerAncestralDiscreteScheduler", {}), "heun": ("HeunDiscreteScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {}),
    "dpmpp_2m_karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "unipc": ("UniPCMultistepScheduler", {}), "lcm": ("LCMScheduler", {}), "tcd": ("TCDScheduler", {}),
}
FROM_PICTURE = {
    "StableDiffusionPipeline": "StableDiffusionImg2ImgPipeline",
    "StableDiffusionXLPipeline": "StableDiffusionXLImg2ImgPipeline",
    "StableDiffusionXLImg2ImgPipeline": "StableDiffusionXLImg2ImgPipeline",
    "LatentConsistencyModelPipeline": "LatentConsistencyModelImg2ImgPipeline",
}
NAMES = {"negative": "negative_prompt", "steps": "num_inference_steps", "guidance": "guidance_scale"}


def open_pipeline(folder, family):
    """{"text": the pipeline that model_index.json names, "picture": its img2img twin}, opened from the folder each."""
    options = {"torch_dtype": torch.float32, "variant": family.get("variant")}
    if not family["tokenizers"]:
        pads = family.get("pads", {})
        options |= {"tokenizer": tokenizer.bundled(pads.get("tokenizer"))}
        if "text_encoder_2" in family["components"]:
            options |= {"tokenizer_2": tokenizer.bundled(pads.get("tokenizer_2"))}
        else:
            options |= {"safety_checker": None, "feature_extractor": None}
    text = diffusers.DiffusionPipeline.from_pretrained(folder, **options)
    picture = getattr(diffusers, FROM_PICTURE[type(text).__name__]).from_pretrained(folder, **options)
    for pipe in (text, picture):
        pipe.set_progress_bar_config(disable=True)
    return {"text": text, "picture": picture}


def scheduler_for(own, name):
    """The named scheduler made from the pipeline's own config, or a fresh copy of the pipeline's own."""
    if not name:
        return copy.deepcopy(own)
    cls, more = CLASSES[name]
    return getattr(diffusers, cls).from_config(own.config, **more)


def draw(pipes, request, inits):
    """The picture [H, W, 3] uint8 of a request as DrawRequest has it (src/job.ts); `inits` is the folder of init pictures."""
    options = {NAMES.get(k, k): v for k, v in request.items() if k not in ("seed", "scheduler", "init")}
    pipe = pipes["picture" if "init" in request else "text"]
    if "init" in request:
        options["image"] = Image.open(os.path.join(inits, request["init"])).convert("RGB")
        options = {k: v for k, v in options.items() if k not in ("width", "height")}
    own = pipe.scheduler
    # Assigned, not given to a constructor: __init__ would change steps_offset and clip_sample once more.
    pipe.scheduler = scheduler_for(own, request.get("scheduler"))
    try:
        generator = torch.Generator("cpu").manual_seed(request["seed"])
        return numpy.asarray(pipe(**options, generator=generator).images[0])
    finally:
        pipe.scheduler = own


def draw_batch(pipes, request, count):
    """`count` pictures of one call, image i with seed + i."""
    generators = [torch.Generator("cpu").manual_seed(request["seed"] + i) for i in range(count)]
    options = {NAMES.get(k, k): v for k, v in request.items() if k != "seed"}
    return [numpy.asarray(image) for image in pipes["text"](**options, num_images_per_prompt=count,
        generator=generators).images]


def write_inits(folder):
    """The pictures that img2img starts from: a disc and a bar over a gradient."""
    for width, height in ((64, 64), (88, 72), (128, 128)):
        y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
        picture = numpy.stack([x * 255 / width, y * 255 / height, 255 - x * 255 / width], -1)
        picture[(x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = (240, 60, 40)
        picture[(x > width * 0.7) & (x < width * 0.8)] = (20, 30, 160)
        Image.fromarray(picture.round().astype(numpy.uint8)).save(os.path.join(folder, f"init-{width}x{height}.png"),
            optimize=True)
