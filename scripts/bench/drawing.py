"""One picture, warm calls and their clock: the same for every peer, whatever runs its networks.

As StableDiffusionPipeline.__call__ does it, less its progress bar and checks: both prompts in one call of the text
encoder, guidance as two rows of one U-Net call, the checkpoint's own scheduler in fp32, one picture at a time through
the VAE (enable_vae_slicing; on a GPU all at once), and Pillow's PNG.
"""
import contextlib, io, os, time

import torch

from peer import since


class Peer:
    """Answers requests with a peer's networks.

    `networks` has `text(ids, mask)`, `unet(sample, timestep, *conditions)` and `decode(latents)`, which take and give
    fp32 tensors on `device`, and may open a shape when it is first asked for; `guard()`, torch's way of not keeping
    gradients; `versions`.
    """

    def __init__(self, checkpoint, networks):
        self.checkpoint, self.networks = checkpoint, networks
        self.device = torch.device(getattr(networks, "device", "cpu"))
        self.guard = getattr(networks, "guard", torch.inference_mode)
        self.versions = versions(*networks.packages)
        self._warm = set()

    def call(self, width, height, batch=1, tokens=None, warm=True):
        tokens = tokens or (self.checkpoint.text_states or {}).get("max_length") or 77
        sample, timestep, conditions = self.checkpoint.blank(width, height, batch, tokens)
        sample, timestep, *conditions = (x.to(self.device) for x in (sample, timestep, *conditions))
        return self._timed(("call", width, height, batch, tokens), warm,
            lambda: self.networks.unet(sample, timestep, *conditions))

    def decode(self, width, height, warm=True):
        latents = self.checkpoint.for_decoder(self.checkpoint.noise(width, height, [0]).to(self.device))
        return self._timed(("decode", width, height), warm, lambda: self.networks.decode(latents))

    def picture(self, prompt, width, height, steps, guidance, seed=0, negative="", count=1, file=None, warm=True):
        shape = ("picture", width, height, count, guidance > 1)
        request = dict(prompts=[negative, prompt] if guidance > 1 else [prompt], width=width, height=height,
            guidance=guidance, seeds=range(seed, seed + count))
        more = {}
        if warm and shape not in self._warm:
            start = time.perf_counter()
            self._draw(**request, steps=1)
            more = dict(warmup_seconds=since(start))
            self._warm.add(shape)
        times, files = self._draw(**request, steps=steps)
        for n, png in enumerate(files if file else [], 1):
            with open(file if n == 1 else f"{os.path.splitext(file)[0]}-{n}.png", "wb") as out:
                out.write(png)
        return {**times, **more, "peak_mb": peak_mb(self.device)}

    def _draw(self, prompts, width, height, guidance, seeds, steps):
        checkpoint, networks, clock = self.checkpoint, self.networks, Clock(self.device)
        with self.guard():
            with clock.part("text"):
                ids, mask = (x.to(self.device) for x in checkpoint.tokens(prompts))
                conditions = checkpoint.conditions(networks.text(ids, mask), mask, width, height)
                # Rows: every picture's unconditional one, then every picture's prompt.
                conditions = [x.repeat_interleave(len(seeds), 0) for x in conditions]
            scheduler = checkpoint.scheduler
            scheduler.set_timesteps(steps, device=self.device)
            latents = checkpoint.noise(width, height, seeds).to(self.device) * scheduler.init_noise_sigma
            with clock.part("loop"):
                for t in scheduler.timesteps:
                    rows = torch.cat([latents] * len(prompts)) if len(prompts) > 1 else latents
                    rows = scheduler.scale_model_input(rows, t)
                    with clock.part("unet"):
                        prediction = networks.unet(rows, t.reshape(1).to(torch.float32), *conditions)
                    if len(prompts) > 1:
                        negative, positive = prediction.chunk(2)
                        prediction = negative + guidance * (positive - negative)
                    latents = scheduler.step(prediction, t, latents, return_dict=False)[0]
            with clock.part("decode"):
                latents = checkpoint.for_decoder(latents)
                at_once = 1 if self.device.type == "cpu" else len(latents)
                pixels = [to_bytes(networks.decode(part)) for part in latents.split(at_once)]
                pixels = torch.cat(pixels).cpu().numpy()
            with clock.part("encode"):
                files = [png(picture) for picture in pixels]
        # A scheduler may take one call more than it was asked for steps, as PNDM does.
        times = dict(seconds=since(clock.start), text_seconds=clock["text"], unet_seconds=clock["unet"],
            step_seconds=clock["loop"] / len(scheduler.timesteps), decode_seconds=clock["decode"],
            encode_seconds=clock["encode"])
        return {name: round(value, 4) for name, value in times.items()}, files

    def _timed(self, shape, warm, run):
        more = {}
        clock = Clock(self.device)
        with self.guard():
            if warm and shape not in self._warm:
                # The second call as well: a first one leaves caches of freed memory that the next ones take from.
                with clock.part("warmup"):
                    run(), run()
                self._warm.add(shape)
                more = dict(warmup_seconds=round(clock["warmup"], 4))
            with clock.part("run"):
                output = run()
        if not torch.isfinite(output).all():
            more["warning"] = "The output holds values that are no numbers"
        return dict(seconds=round(clock["run"], 4), **more)


class Clock(dict):
    """Seconds by part; a GPU has done what was asked of it before each reading."""

    def __init__(self, device):
        super().__init__()
        self.wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
        self.start = time.perf_counter()

    @contextlib.contextmanager
    def part(self, name):
        self.wait()
        start = time.perf_counter()
        yield
        self.wait()
        self[name] = self.get(name, 0.0) + time.perf_counter() - start


def to_bytes(sample):
    """[B, 3, H, W] in −1…1 to [B, H, W, 3] of bytes, as VaeImageProcessor has it."""
    return (sample.float() / 2 + 0.5).clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1)


def png(pixels):
    from PIL import Image
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def peak_mb(device):
    if device.type == "cuda":
        return round(torch.cuda.max_memory_reserved() / 1e6)
    with open("/proc/self/status") as status:
        return round(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6)


def versions(*packages):
    from importlib import metadata
    return {name: metadata.version(name) for name in ("torch", "diffusers", "transformers", *packages)}
