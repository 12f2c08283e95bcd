"""A Stable Diffusion 1.x in miniature with its safety checker, and what diffusers' checker says of pictures."""
import os, tempfile

import diffusers, numpy, torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker, cosine_distance
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessor, CLIPVisionConfig

from . import calls, checkpoint, pictures, record, weights
from .parts import clip, model_index, unet, vae
from .sd import NEW, PNDM

SIDE, PATCH, PROJECTION = 30, 10, 16


def old_names(name):
    """The names in the hub's file, from when CLIPVisionModel wrapped a vision_model of its own."""
    return f"vision_model.{name}" if name.startswith("vision_model.") else name


def checker(hidden=32, layers=3, heads=4):
    """Thresholds lie where some of the pictures below pass and some do not."""
    vision = {
        "attention_dropout": 0.0, "dropout": 0.0, "hidden_act": "quick_gelu", "hidden_size": hidden,
        "image_size": SIDE, "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size": hidden * 2,
        "layer_norm_eps": 1e-05, "model_type": "clip_vision_model", "num_attention_heads": heads, "num_channels": 3,
        "num_hidden_layers": layers, "patch_size": PATCH, "projection_dim": PROJECTION,
    }
    config = {
        "_name_or_path": "CompVis/stable-diffusion-safety-checker",
        "architectures": ["StableDiffusionSafetyChecker"], "initializer_factor": 1.0,
        "logit_scale_init_value": 2.6592, "model_type": "clip", "projection_dim": PROJECTION,
        "text_config": {"hidden_size": 24, "model_type": "clip_text_model", "num_attention_heads": 2,
            "num_hidden_layers": 1},
        "text_config_dict": None, "vision_config": vision, "vision_config_dict": None,
    }
    gains = {
        r"concept_embeds_weights": (0.03, 0.53), r"special_care_embeds_weights": (0.03, 0.2),
        r"patch_embedding": 3.0, r"position_embedding": 0.5, r"[qk]_proj\.weight": 1.5,
    }
    positions = SIDE // PATCH * (SIDE // PATCH) + 1
    extra = [["vision_model.vision_model.embeddings.position_ids", [1, positions], "arange"]]
    return checkpoint.component(StableDiffusionSafetyChecker, config, rename=old_names, extra=extra, gains=gains,
        library="transformers")


# As the hub's: sizes are plain numbers, and whether to rescale is not said.
PREPROCESSOR = {
    "crop_size": SIDE, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": SIDE,
}

family = dict(
    name="sd1-checked", seed=51, tokenizers={"tokenizer": "clip"},
    index=model_index("StableDiffusionPipeline", "PNDMScheduler",
        feature_extractor=["transformers", "CLIPImageProcessor"],
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"]),
    configs={"scheduler/scheduler_config.json": PNDM, "feature_extractor/preprocessor_config.json": PREPROCESSOR},
    components={
        "text_encoder": clip(hidden=16, layers=2, heads=2),
        "unet": unet((16, 32), "CD", "DC", {**NEW, "attention_head_dim": 4, "cross_attention_dim": 16}),
        "vae": vae(config=NEW),
        "safety_checker": checker(),
    },
)
REQUESTS = [{"prompt": prompt, "seed": seed, "steps": 2, "guidance": 5.0, "width": width, "height": 64}
    for seed, (prompt, width) in enumerate([("a happy dog", 64), ("a red house", 64), ("the moon", 96), ("", 64),
        ("blurry city at night", 48), ("a small robot", 64), ("a red fox", 88), ("the river", 64)])]
INITS = ["init-64x64.png", "init-88x72.png", "init-128x128.png"]
# A picture whose score is nearer to a threshold than this may be judged otherwise after another rounding.
MARGIN = 0.004


def embed(network, clip_input):
    """image_embeds [N, P] and their cosines with both lists of concepts, as the checker's forward() takes them."""
    embeds = network.visual_projection(network.vision_model(clip_input)[1])
    return {"image_embeds": embeds, "special_cos_dist": cosine_distance(embeds, network.special_care_embeds),
        "cos_dist": cosine_distance(embeds, network.concept_embeds)}


def flags(network, clip_input):
    """What the checker says, picture by picture."""
    images = numpy.ones((len(clip_input), 1, 1, 3))
    return [bool(flag) for flag in network(clip_input=clip_input, images=images)[1]]


def margin(network, clip_input):
    """How far the greatest score is from 0, with the adjustment and without."""
    scores = (embed(network, clip_input)["cos_dist"] - network.concept_embeds_weights).max().item()
    return min(abs(scores), abs(scores + 0.01))


def judge(network, picture):
    """One picture [H, W, 3] through the image processor and the checker."""
    clip_input = CLIPImageProcessor(**PREPROCESSOR)(Image.fromarray(picture), return_tensors="pt").pixel_values
    assert margin(network, clip_input) > MARGIN, "a picture on the edge proves nothing"
    return {"clip_input": clip_input, **embed(network, clip_input)}, flags(network, clip_input)[0]


def judge_embeds(network, count=200):
    """The checker's own arithmetic on image embeddings that no picture has, most of them near a threshold."""
    many = 100 * count
    noise = torch.randn(many, PROJECTION, generator=torch.Generator("cpu").manual_seed(61))
    care = network.special_care_embeds[torch.arange(many) % 3] * torch.linspace(0, 1, many)[:, None]
    embeds = noise / 2 + care + network.concept_embeds[torch.arange(many) % 17]
    plain = (cosine_distance(embeds, network.concept_embeds) - network.concept_embeds_weights).max(1).values
    near = ((plain > -0.015) & (plain < 0.005)).nonzero()[:, 0]
    picked = torch.cat([near[:count // 2], torch.arange(0, many, 2 * many // count)])
    embeds, plain = embeds[picked], plain[picked]
    encoder, projection = network.vision_model, network.visual_projection
    network.vision_model, network.visual_projection = torch.nn.Identity(), torch.nn.Identity()
    network.vision_model.forward = lambda values: (None, values)
    try:
        flagged = flags(network, embeds)
    finally:
        network.vision_model, network.visual_projection = encoder, projection
    adjusted = sum(flag and score < 0 for flag, score in zip(flagged, plain.tolist()))
    rounded = sum(not flag and score > 0 for flag, score in zip(flagged, plain.tolist()))
    print(f"  {sum(flagged)} of {len(picked)} flagged, {adjusted} for the adjustment, {rounded} not for the rounding")
    assert 20 < sum(flagged) < count - 20 and adjusted > 2 and rounded > 2
    return embeds, flagged


def draws(folder):
    """What the whole pipeline says of each request, and that it gives a black picture where it flags one."""
    checked, free = (diffusers.DiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, **more)
        for more in ({}, {"safety_checker": None}))
    for pipe in (checked, free):
        pipe.set_progress_bar_config(disable=True)
    entries = []
    for request in REQUESTS:
        picture = pictures.draw({"text": free}, request, None)
        _, flagged = judge(checked.safety_checker, picture)
        assert pictures.draw({"text": checked}, request, None).any() != flagged
        entries.append({"request": request, "flagged": flagged})
    print(f"  {sum(entry['flagged'] for entry in entries)} of {len(entries)} drawn pictures flagged")
    assert {entry["flagged"] for entry in entries} == {True, False}
    return entries


def defaults():
    """What transformers takes where a config file says nothing."""
    sizes = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_channels",
        "image_size", "patch_size", "hidden_act", "layer_norm_eps")
    steps = ("size", "crop_size", "do_resize", "do_center_crop", "do_rescale", "do_normalize", "resample",
        "rescale_factor", "image_mean", "image_std")
    vision, processor = CLIPVisionConfig().to_dict(), CLIPImageProcessor().to_dict()
    return {"vision_config": {key: vision[key] for key in sizes}, "projection_dim": CLIPConfig().projection_dim,
        "preprocessor": {key: processor[key] for key in steps}}


def record_checked(root, keep=None):
    """Everything of the family: calls.json of the checker's network alone, and safety.json with safety.safetensors:

    defaults  transformers' own, by config
    pictures  of init-*.png: the names of `clip_input`, `image_embeds` and both lists of cosines, and the verdict
    embeds    the name of many `image_embeds` [N, P], and the verdict on each
    draws     requests, and whether the pipeline flags what it draws
    """
    print(family["name"])
    base = checkpoint.describe(family, root)
    with tempfile.TemporaryDirectory() as temporary, torch.no_grad():
        folder = os.path.join(keep, family["name"]) if keep else temporary
        checkpoint.materialise(base, folder)
        network = record.load_parts(folder, family)["safety_checker"]
        record.write_calls(base, [calls.call("safety_checker", {"pixel_values": calls.given(seed, 1, 3, SIDE, SIDE)},
            lambda pixel_values: {"image_embeds": embed(network, pixel_values)["image_embeds"]}) for seed in (52, 53)])
        tensors, entries = {}, []
        for file in INITS:
            values, flagged = judge(network, numpy.asarray(Image.open(os.path.join(root, file)).convert("RGB")))
            names = {name: f"{file}.{name}" for name in values}
            tensors |= {names[name]: value.contiguous() for name, value in values.items()}
            entries.append({"file": file, **names, "flagged": flagged})
        tensors["embeds"], flagged = judge_embeds(network)
        whole = {"defaults": defaults(), "pictures": entries, "embeds": {"image_embeds": "embeds",
            "flagged": flagged}, "draws": draws(folder)}
    weights.write(os.path.join(base, "safety.safetensors"), tensors)
    checkpoint.write_json(os.path.join(base, "safety.json"), whole)
