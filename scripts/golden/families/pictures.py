"""Whole pictures by diffusers' own pipelines, fp32 on the CPU with a CPU generator."""
import copy, inspect, os

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
    "ddim_trailing": ("DDIMScheduler", {"timestep_spacing": "trailing"}),
    "euler_trailing": ("EulerDiscreteScheduler", {"timestep_spacing": "trailing"}),
    "unipc": ("UniPCMultistepScheduler", {}), "lcm": ("LCMScheduler", {}), "tcd": ("TCDScheduler", {}),
}
FROM_PICTURE = {
    "StableDiffusionPipeline": "StableDiffusionImg2ImgPipeline",
    "StableDiffusionXLPipeline": "StableDiffusionXLImg2ImgPipeline",
    "StableDiffusionXLImg2ImgPipeline": "StableDiffusionXLImg2ImgPipeline",
    "LatentConsistencyModelPipeline": "LatentConsistencyModelImg2ImgPipeline",
}
# Of a checkpoint that is made for one task, that task's pipeline; its inputs are a picture, and a mask for inpainting.
MASKED = {
    "StableDiffusionPipeline": "StableDiffusionInpaintPipeline",
    "LatentConsistencyModelPipeline": "StableDiffusionInpaintPipeline",
    "StableDiffusionXLPipeline": "StableDiffusionXLInpaintPipeline",
}
NAMES = {"negative": "negative_prompt", "steps": "num_inference_steps", "guidance": "guidance_scale",
    "imageGuidance": "image_guidance_scale", "noiseLevel": "noise_level"}


def open_pipeline(folder, family):
    """{"text": the pipeline that model_index.json names, "picture": its img2img twin}, opened from the folder each, and
    "mask": an inpainting pipeline of the same parts. A checkpoint for one task has its own pipeline under each name."""
    options = {"torch_dtype": torch.float32, "variant": family.get("variant")}
    if not family["tokenizers"]:
        pads = family.get("pads", {})
        options |= {"tokenizer": tokenizer.bundled(pads.get("tokenizer"))}
        if "text_encoder_2" in family["components"]:
            options |= {"tokenizer_2": tokenizer.bundled(pads.get("tokenizer_2"))}
        else:
            options |= {"safety_checker": None, "feature_extractor": None}
    text = diffusers.DiffusionPipeline.from_pretrained(folder, **options)
    kind = type(text).__name__
    picture = getattr(diffusers, FROM_PICTURE[kind]).from_pretrained(folder, **options) if kind in FROM_PICTURE else text
    mask = of_parts(getattr(diffusers, MASKED[kind]), text) if kind in MASKED else text
    for pipe in (text, picture, mask):
        pipe.set_progress_bar_config(disable=True)
    return {"text": text, "picture": picture, "mask": mask}


def of_parts(cls, pipe):
    """Another pipeline of the same parts and options; `from_pipe` takes no AutoencoderTiny."""
    taken = inspect.signature(cls.__init__).parameters
    return cls(**{k: v for k, v in {**pipe.config, **pipe.components}.items() if k in taken})


def scheduler_for(own, name):
    """The named scheduler made from the pipeline's own config, or a fresh copy of the pipeline's own."""
    if not name:
        return copy.deepcopy(own)
    cls, more = CLASSES[name]
    return getattr(diffusers, cls).from_config(own.config, **more)


def draw(pipes, request, inits):
    """The picture [H, W, 3] uint8 of a request as DrawRequest has it (src/job.ts); `inits` is the folder of init pictures."""
    options = {NAMES.get(k, k): v for k, v in request.items() if k not in ("seed", "scheduler", "init", "mask")}
    pipe = pipes["mask" if "mask" in request else "picture" if "init" in request else "text"]
    if "init" in request:
        options = {k: v for k, v in options.items() if k not in ("width", "height")}
    options |= pictures_of(pipe, request, inits)
    own = pipe.scheduler
    # Assigned, not given to a constructor: __init__ would change steps_offset and clip_sample once more.
    pipe.scheduler = scheduler_for(own, request.get("scheduler"))
    try:
        generator = torch.Generator("cpu").manual_seed(request["seed"])
        return numpy.asarray(pipe(**options, generator=generator).images[0])
    finally:
        pipe.scheduler = own


def pictures_of(pipe, request, inits):
    """The options of the pipeline that are pictures, and sizes where it does not take them from a picture."""
    if "Inpaint" in type(pipe).__name__:
        return inpainted(request, inits)
    if "init" not in request:
        return {}
    picture = Image.open(os.path.join(inits, request["init"])).convert("RGB")
    # Only SDXL's has a size of its own, for which the engine has the picture's.
    sized = "XLInstruct" in type(pipe).__name__
    return {"image": picture} | (size_of(picture) if sized else {})


def size_of(picture):
    return {"width": picture.width // 8 * 8, "height": picture.height // 8 * 8}


def inpainted(request, inits):
    """All of a grey picture is drawn anew where the request has none, all of its picture where it has no mask."""
    size = request.get("width", 512), request.get("height", 512)
    picture = Image.new("RGB", size, "gray")
    if "init" in request:
        picture = Image.open(os.path.join(inits, request["init"])).convert("RGB")
    mask = Image.new("L", picture.size, "white")
    if "mask" in request:
        mask = Image.open(os.path.join(inits, request["mask"]))
    sizes = {k: request[k] for k in ("width", "height") if k in request}
    return {"image": picture, "mask_image": mask} | size_of(picture) | sizes | ({} if "init" in request else {"strength": 1.0})


def draw_batch(pipes, request, count):
    """`count` pictures of one call, image i with seed + i."""
    generators = [torch.Generator("cpu").manual_seed(request["seed"] + i) for i in range(count)]
    options = {NAMES.get(k, k): v for k, v in request.items() if k != "seed"}
    return [numpy.asarray(image) for image in pipes["text"](**options, num_images_per_prompt=count,
        generator=generators).images]


def write_inits(folder):
    """The pictures that img2img starts from: a disc and a bar over a gradient."""
    for width, height in ((24, 20), (50, 38), (64, 64), (88, 72), (128, 128)):
        y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
        picture = numpy.stack([x * 255 / width, y * 255 / height, 255 - x * 255 / width], -1)
        picture[(x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = (240, 60, 40)
        picture[(x > width * 0.7) & (x < width * 0.8)] = (20, 30, 160)
        Image.fromarray(picture.round().astype(numpy.uint8)).save(os.path.join(folder, f"init-{width}x{height}.png"),
            optimize=True)
    write_masks(folder)


def write_masks(folder):
    """What inpainting draws anew: a soft disc at the lower right, and a frame in colours at another size."""
    for width, height in ((64, 64), (88, 72)):
        y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
        soft = height / 3 + 4 - numpy.hypot(x - width * 0.6, y - height * 0.6)
        mask = (soft / 8).clip(0, 1) * 255
        Image.fromarray(mask.round().astype(numpy.uint8)).save(os.path.join(folder, f"mask-{width}x{height}.png"),
            optimize=True)
    frame = numpy.full((40, 50, 3), (250, 200, 30), numpy.uint8)
    frame[8:30, 12:40] = (60, 20, 200)
    frame[8:30, 20:30] = (0, 240, 0)
    Image.fromarray(frame).save(os.path.join(folder, "mask-50x40.png"), optimize=True)
