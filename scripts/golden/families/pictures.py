"""Whole pictures by diffusers' own pipelines, fp32 on the CPU with a CPU generator."""
import copy, os

import diffusers
import numpy, torch
from PIL import Image

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
    "LatentConsistencyModelPipeline": "LatentConsistencyModelImg2ImgPipeline",
}
OPTIONS = ("requires_safety_checker", "force_zeros_for_empty_prompt", "requires_aesthetics_score", "add_watermarker")
NAMES = {"negative": "negative_prompt", "steps": "num_inference_steps", "guidance": "guidance_scale"}


def open_pipeline(folder, variant=None):
    pipe = diffusers.DiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, variant=variant)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def scheduler_for(pipe, request):
    """The request's scheduler made from the pipeline's own config, or a fresh copy of the pipeline's own."""
    if "scheduler" not in request:
        return copy.deepcopy(pipe.scheduler)
    name, more = CLASSES[request["scheduler"]]
    return getattr(diffusers, name).from_config(pipe.scheduler.config, **more)


def draw(pipe, request, inits):
    """The picture [H, W, 3] uint8 of a request as DrawRequest has it (src/job.ts); `inits` is the folder of init pictures."""
    options = {NAMES.get(k, k): v for k, v in request.items() if k not in ("seed", "scheduler", "init")}
    parts, cls = {**pipe.components, "scheduler": scheduler_for(pipe, request)}, type(pipe)
    if "init" in request:
        cls = getattr(diffusers, FROM_PICTURE[cls.__name__])
        options["image"] = Image.open(os.path.join(inits, request["init"])).convert("RGB")
        options = {k: v for k, v in options.items() if k not in ("width", "height")}
    runner = cls(**parts, **{k: v for k, v in pipe.config.items() if k in OPTIONS})
    runner.set_progress_bar_config(disable=True)
    generator = torch.Generator("cpu").manual_seed(request["seed"])
    return numpy.asarray(runner(**options, generator=generator).images[0])


def draw_batch(pipe, request, count):
    """`count` pictures of one call, image i with seed + i."""
    generators = [torch.Generator("cpu").manual_seed(request["seed"] + i) for i in range(count)]
    options = {NAMES.get(k, k): v for k, v in request.items() if k != "seed"}
    return [numpy.asarray(image) for image in pipe(**options, num_images_per_prompt=count, generator=generators).images]


def write_inits(folder):
    """The pictures that img2img starts from: a disc and a bar over a gradient."""
    for width, height in ((64, 64), (88, 72), (128, 128)):
        y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
        picture = numpy.stack([x * 255 / width, y * 255 / height, 255 - x * 255 / width], -1)
        picture[(x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = (240, 60, 40)
        picture[(x > width * 0.7) & (x < width * 0.8)] = (20, 30, 160)
        Image.fromarray(picture.round().astype(numpy.uint8)).save(os.path.join(folder, f"init-{width}x{height}.png"), optimize=True)
