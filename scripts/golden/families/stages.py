"""Pictures that take more than one run of a pipeline, or other noise or text states: written as diffusers is used.

    hires       text2img with output_type="latent", the latents enlarged as A1111's upscaler "Latent" does it (bilinear,
                no antialias), then img2img from them with the same prompt and a generator of the same seed begun anew
    variation   A1111's slerp of two seeds' noise, handed over as the noise that a pipeline starts from
    refiner     denoising_end of the last run and denoising_start of the refiner, which decodes with the base's VAE and
                goes on with the base's generator
    clipSkip    clip_skip

Under test/golden/families/stages: index.json as in the folder above (`request.refiner.name` is a family) and PNGs; under
test/golden/tiles: calls.json and calls.safetensors, of the VAE of sd1 in tiles of 8 latents.
"""
import glob, os, tempfile
from unittest import mock

import numpy, torch
from PIL import Image
from transformers import CLIPTextModel

from . import calls, checkpoint, control, pictures, record
from . import requests as ask

PLAIN = {**ask.PLAIN, "steps": 5}
PICTURE = {"init": "init-64x64.png", "strength": 0.6}
# Two runs end with the refiner's part; where it begins at different steps for schedulers that differ in spacing.
REFINED = {**PLAIN, "refiner": {"name": "sdxl-refiner", "start": 0.6}}
VARIED = {**PLAIN, "variation": {"seed": 77, "strength": 0.3}}
HIRES = {**PLAIN, "hires": {"scale": 1.5, "strength": 0.6}}

REQUESTS = {
    "sd1": [
        ("clip-skip", {**PLAIN, "seed": 1, "clipSkip": 1, "negative": "blurry city"}),
        ("clip-skip-2", {**PLAIN, "seed": 1, "clipSkip": 2}),
        ("variation", {**VARIED, "seed": 2}),
        ("variation-all", {**VARIED, "seed": 2, "variation": {"seed": 78, "strength": 1}}),
        ("variation-euler_a", {**VARIED, "seed": 3, "scheduler": "euler_a", "width": 88, "height": 40}),
        ("variation-img2img", {**VARIED, **PICTURE, "seed": 4}),
        ("hires", {**HIRES, "seed": 5}),
        ("hires-twice", {**HIRES, "seed": 6, "hires": {"scale": 2, "strength": 0.7, "steps": 4}, "width": 48,
            "height": 40}),
        ("hires-odd", {**HIRES, "seed": 7, "scheduler": "euler_a", "hires": {"scale": 1.3, "strength": 0.8},
            "width": 88, "height": 72}),
        ("hires-weak", {**HIRES, "seed": 8, "hires": {"scale": 1.5, "strength": 0.1}}),
        ("hires-img2img", {**HIRES, **PICTURE, "seed": 9, "scheduler": "dpmpp_2m"}),
        ("hires-control", {**HIRES, "seed": 11, "control": {"name": "edges", "image": "init-88x72.png", "scale": 0.8}}),
        ("hires-variation", {**HIRES, **VARIED, "seed": 10, "scheduler": "heun", "clipSkip": 1}),
    ],
    "sd2v": [
        ("clip-skip", {**PLAIN, "seed": 1, "clipSkip": 1}),
        ("hires", {**HIRES, "seed": 2, "scheduler": "unipc"}),
    ],
    "sdxl": [
        ("clip-skip", {**PLAIN, "seed": 1, "clipSkip": 1}),
        ("clip-skip-2", {**PLAIN, "seed": 2, "clipSkip": 2, "negative": ""}),
        ("variation", {**VARIED, "seed": 3}),
        ("hires", {**HIRES, "seed": 4, "negative": "blurry city"}),
        *((f"refiner-{name or 'own'}", {**REFINED, "seed": 5 + i, **({"scheduler": name} if name else {})}) for i,
            name in enumerate([None, *ask.SCHEDULERS])),
        ("refiner-late", {**REFINED, "seed": 21, "steps": 6, "refiner": {"name": "sdxl-refiner", "start": 0.85},
            "negative": "blurry city"}),
        ("refiner-early", {**REFINED, "seed": 22, "steps": 6, "refiner": {"name": "sdxl-refiner", "start": 0.2},
            "scheduler": "heun"}),
        ("refiner-at-once", {**REFINED, "seed": 23, "refiner": {"name": "sdxl-refiner", "start": 0.01}}),
        ("refiner-never", {**REFINED, "seed": 24, "steps": 4, "refiner": {"name": "sdxl-refiner", "start": 0.99},
            "scheduler": "dpmpp_2m"}),
        ("refiner-no-guidance", {**REFINED, "seed": 25, "guidance": 1.0}),
        ("refiner-img2img", {**REFINED, **PICTURE, "seed": 26, "steps": 8}),
        ("refiner-clip-skip", {**REFINED, "seed": 27, "clipSkip": 1}),
        ("refiner-hires", {**REFINED, **HIRES, "seed": 28, "steps": 8, "scheduler": "euler_a"}),
        # As SDXL-Lightning and Hyper-SD are drawn with: few steps, from the noisiest timestep on, without guidance.
        ("lightning", {**PLAIN, "seed": 31, "steps": 4, "guidance": 0.0, "scheduler": "euler_trailing"}),
        ("lightning-in-1", {**PLAIN, "seed": 32, "steps": 1, "guidance": 0.0, "scheduler": "euler_trailing"}),
        ("hyper", {**PLAIN, "seed": 33, "steps": 2, "guidance": 0.0, "scheduler": "ddim_trailing"}),
        ("hyper-img2img", {**PLAIN, **PICTURE, "seed": 34, "steps": 4, "guidance": 0.0, "scheduler": "ddim_trailing"}),
        # A base as a refiner: it is told sizes.
        ("refiner-turbo", {**REFINED, "seed": 29, "refiner": {"name": "sdxl-turbo", "start": 0.6},
            "scheduler": "euler"}),
    ],
    "lcm": [
        ("clip-skip", {**PLAIN, "seed": 1, "clipSkip": 1, "steps": 3}),
        ("hires", {**HIRES, "seed": 2, "steps": 4, "guidance": 8.5}),
        ("variation", {**VARIED, "seed": 3, "steps": 3, "guidance": 8.5}),
    ],
    "sdxl-turbo": [("hires", {**HIRES, "seed": 1, "steps": 2, "guidance": 0.0, "hires": {"scale": 1.5,
        "strength": 0.5}})],
}


def slerp(t, low, high):
    """A1111's (modules/rng.py) for one picture's noise [C, h, w]: its norms and angles go along the height."""
    angle = torch.acos(((low / torch.norm(low, dim=1, keepdim=True)) * (high / torch.norm(high, dim=1,
        keepdim=True))).sum(1))
    weigh = lambda part: (torch.sin(part * angle) / torch.sin(angle)).unsqueeze(1)
    return weigh(1.0 - t) * low + weigh(t) * high


def seeded(seed):
    return torch.Generator("cpu").manual_seed(seed)


def varied(pipe, variation):
    """While it holds, the noise that `pipe` starts from is mixed with another seed's."""
    if not variation:
        return mock.MagicMock()
    module = __import__(type(pipe).__module__, fromlist=["randn_tensor"])
    other = lambda shape: torch.randn(shape[1:], generator=seeded(variation["seed"]))
    mixed = lambda shape, generator, **_: slerp(variation["strength"], torch.randn(shape[1:], generator=generator),
        other(shape))[None]
    return mock.patch.object(module, "randn_tensor", mixed)


def run(pipe, request, options, **more):
    """One run of a pipeline with the scheduler that is asked for, from the pipeline's own config."""
    own = pipe.scheduler
    pipe.scheduler = pictures.scheduler_for(own, request.get("scheduler"))
    try:
        # diffusers 0.42 looks for the final norm where transformers before 5 had it.
        norm = mock.patch.object(CLIPTextModel, "text_model", property(lambda encoder: encoder), create=True)
        with norm, varied(pipe, None if "denoising_start" in more else request.get("variation")):
            return pipe(**options, **more).images
    finally:
        pipe.scheduler = own


def draw(pipes, request, inits, open_refiner, open_control=None):
    """The picture [H, W, 3] uint8 of a request."""
    options = {pictures.NAMES.get(k, k): request[k] for k in ("prompt", "negative", "steps", "guidance") if k in request}
    if "clipSkip" in request:
        options["clip_skip"] = request["clipSkip"]
    hires, refined = request.get("hires"), request.get("refiner")
    seen, larger_seen = {}, {}
    if "control" in request:
        # Of the ControlNet's pipelines the first one sees its picture as `image`, the second as `control_image`.
        told = request["control"]
        picture = Image.open(os.path.join(inits, told["image"])).convert("RGB")
        pipes = {task: open_control(told["name"], task) for task in ("text", "picture")}
        seen, larger_seen = {"image": picture}, {"control_image": picture}
        options["controlnet_conditioning_scale"] = told["scale"]
    ends = {"denoising_end": refined["start"]} if refined else {}
    last = {} if refined else {"output_type": "pil"}
    first = {"output_type": "latent"} if hires or refined else {}
    if "init" in request:
        image = Image.open(os.path.join(inits, request["init"])).convert("RGB")
        first |= {"image": image, "strength": request["strength"]}
    else:
        first |= {"width": request["width"], "height": request["height"]}
    generator = seeded(request["seed"])
    images = run(pipes["picture" if "init" in request else "text"], request, options, generator=generator,
        **first, **seen, **({} if hires else ends))
    if hires:
        factor = pipes["text"].vae_scale_factor
        sides = [int(side * factor * hires["scale"]) // factor for side in images.shape[2:]]
        larger = torch.nn.functional.interpolate(images, size=sides, mode="bilinear", antialias=False)
        generator = seeded(request["seed"])
        steps = {"num_inference_steps": hires["steps"]} if "steps" in hires else {}
        if larger_seen:
            larger_seen |= {"height": sides[0] * factor, "width": sides[1] * factor}
        images = run(pipes["picture"], request, options | steps, image=larger, strength=hires["strength"],
            generator=generator, **larger_seen, **ends, **({"output_type": "latent"} if refined else last))
    if refined:
        images = run(open_refiner(refined["name"]), request, options, image=images, generator=generator,
            denoising_start=refined["start"])
    return numpy.asarray(images[0])


def record_stages(root, families):
    """Every picture of `REQUESTS`; `families` are the descriptions of scripts/golden/families by name."""
    base = os.path.join(root, "stages")
    os.makedirs(base, exist_ok=True)
    for old in glob.glob(os.path.join(base, "*.png")):
        os.remove(old)
    entries, opened = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        def open_family(name):
            if name not in opened:
                folder = os.path.join(temporary, name)
                checkpoint.materialise(checkpoint.describe(families[name], root), folder)
                opened[name] = pictures.open_pipeline(folder, families[name])
            return opened[name]

        for name, requests in REQUESTS.items():
            print("stages of", name)
            pipes = open_family(name)

            def open_refiner(other):
                pipe = open_family(other)["picture"]
                return type(pipe)(**{**pipe.components, "vae": pipes["text"].vae},
                    requires_aesthetics_score=pipe.config.requires_aesthetics_score,
                    force_zeros_for_empty_prompt=pipe.config.force_zeros_for_empty_prompt, add_watermarker=False)

            def open_control(net, task):
                if "control" not in opened:
                    folder = os.path.join(temporary, "control")
                    checkpoint.materialise(control.describe(control.sd1, root), folder)
                    networks = control.load(folder, control.sd1)
                    opened["control"] = control.open_pipelines(os.path.join(temporary, name), networks)
                return opened["control"][net, task]

            asked = {"name": "stages", "pictures": [(f"{name}-{what}", request) for what, request in requests]}
            mine = record.record_pictures(asked, base, lambda request: draw(pipes, request, root, open_refiner,
                open_control))
            entries += [{**entry, "family": name} for entry in mine]
    record.write_lines(os.path.join(base, "index.json"), entries)


def record_tiles(root, family):
    """A large picture's VAE calls, in tiles."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.materialise(checkpoint.describe(family, root), folder)
        vae = record.load_parts(folder, {**family, "components": {"vae": family["components"]["vae"]}})["vae"]
        base = os.path.join(os.path.dirname(root), "tiles")
        os.makedirs(base, exist_ok=True)
        record.write_calls(base, calls.tiled_calls(vae))
