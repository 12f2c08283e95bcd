"""What is asked of every family: prompts, and the requests of its whole pictures."""

LONG = "a photo of the big old house on the river, " * 12 + "with a red fox"
TEXTS = ["a happy dog", "", LONG]
SCHEDULERS = "ddim pndm euler euler_a heun dpmpp_2m dpmpp_2m_karras dpmpp_2m_sde unipc lcm tcd".split()
PLAIN = {"prompt": "a happy dog", "width": 64, "height": 64, "guidance": 5.0}


def schedulers(steps, plain=PLAIN, names=SCHEDULERS):
    """The file's own scheduler and every one by name."""
    own = ("own", {**plain, "steps": steps, "seed": 100})
    return [own, *((name, {**plain, "steps": steps, "seed": 101 + i, "scheduler": name}) for i,
        name in enumerate(names))]


def hasty(plain=PLAIN, steps=(1, 2)):
    """Every scheduler in one and two steps, where first and last step are the same or meet."""
    small = {**plain, "width": 32, "height": 32}
    return [(f"{name}-in-{n}", {**small, "steps": n, "seed": 301 + i, "scheduler": name}) for n in steps for i,
        name in enumerate(SCHEDULERS)]


def from_picture(steps=4, plain=PLAIN):
    """img2img with every scheduler: their timesteps start in the middle."""
    ask = {**plain, "steps": steps, "init": "init-64x64.png", "strength": 0.6}
    return [(f"img2img-{name}", {**ask, "seed": 201 + i, "scheduler": name}) for i, name in enumerate(SCHEDULERS)]


def few(plain=PLAIN):
    """For families that differ from another in one thing."""
    ask = lambda seed, **more: {**plain, "steps": 3, "seed": seed, **more}
    return [("plain", ask(1)), ("negative", ask(2, negative="blurry city")),
        ("img2img", ask(3, init="init-64x64.png", strength=0.7, width=64, height=64))]


def variety(steps=3, plain=PLAIN, negative="blurry city"):
    """Everything else that a request can ask for."""
    ask = lambda seed, **more: {**plain, "steps": steps, "seed": seed, **more}
    asked = [
        ("negative", ask(1, negative=negative)),
        ("empty-negative", ask(2, negative="")),
        ("empty-prompt", ask(3, prompt="")),
        ("long-prompt", ask(4, prompt=LONG[: LONG.index(",") * 3])),
        ("no-guidance", ask(5, guidance=1.0, negative=negative)),
        ("wide", ask(6, width=96, height=64)),
        ("tall", ask(7, width=48, height=80)),
        ("odd", ask(8, width=88, height=72)),
        ("largest-seed", ask(2**32 - 1)),
        ("one-step", ask(9, steps=1)),
        ("img2img", ask(10, init="init-64x64.png", strength=0.75, steps=4)),
        ("img2img-weak", ask(11, init="init-64x64.png", strength=0.3, steps=5)),
        ("img2img-odd", ask(12, init="init-88x72.png", strength=0.6, steps=5, width=88, height=72,
            scheduler="euler_a")),
    ]
    return asked
