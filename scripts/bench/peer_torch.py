"""diffusers on torch: eager, or its U-Net compiled; on the CPU, or on a GPU.

What the documentation of both recommends for speed, as far as it gained here (README.md has the figures): inference
mode, scaled_dot_product_attention (diffusers' default), channels-last, an allocator that keeps what is freed, and
torch.compile of the U-Net.
https://huggingface.co/docs/diffusers/optimization/fp16, https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html
"""
import ctypes, shutil

import torch

from checkpoint import Checkpoint
from drawing import Peer
from peer import Unavailable


def open_peer(options, dtype, compiled=False):
    cuda = options.device.startswith("cuda")
    if cuda and not torch.cuda.is_available():
        raise Unavailable("torch finds no GPU that it can use here")
    if dtype == "float16" and not cuda:
        raise Unavailable("half floats are for a GPU (--device cuda), as torch has no fast ones on a CPU")
    if compiled and not cuda and not shutil.which("g++"):
        raise Unavailable("torch.compile needs a C++ compiler, and there is no g++ in PATH")
    if cuda and compiled:
        dtype = "float16"
    if not cuda:
        keep_freed_memory()
    checkpoint = Checkpoint(options.model)
    torch.set_num_threads(options.threads)
    return Peer(checkpoint, Networks(checkpoint, options.device, getattr(torch, dtype), compiled))


def keep_freed_memory():
    """Has malloc keep large blocks, as the tuning guide has it by jemalloc or TCMalloc.

    glibc gives each to the system when it is freed, and torch's next output costs its page faults again: a third of a
    U-Net call.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return  # Not glibc, whose habit this is.
    M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, most = -1, -3, 2**31 - 1
    mallopt(M_MMAP_THRESHOLD, 1 << 30)
    mallopt(M_TRIM_THRESHOLD, most)


class Networks:
    packages = ()

    def __init__(self, checkpoint, device, dtype, compiled):
        self.device, self.dtype = device, dtype
        # Constants are folded and weights packed only where nothing could want their gradients.
        self.guard = torch.no_grad if compiled else torch.inference_mode
        load = lambda name: checkpoint.load(name, dtype).to(device)
        self._text, self._unet, self._vae = load("text_encoder"), load("unet"), load("vae")
        if dtype != torch.float32 or device != "cpu":
            self._unet.to(memory_format=torch.channels_last)
        self._vae.to(memory_format=torch.channels_last)
        self._run_unet, self._run_vae = self._unet, self._vae.decode
        self._graphs = compiled and device.startswith("cuda")
        if compiled:
            compile_networks(self)

    def text(self, ids, mask):
        output = self._text(input_ids=ids, attention_mask=mask if self._text.config.model_type == "bert" else None)
        return output.last_hidden_state.float()

    def unet(self, sample, timestep, states, *added):
        sample, states, *added = (x.to(self.dtype) for x in (sample, states, *added))
        more = dict(added_cond_kwargs=dict(zip(("text_embeds", "time_ids"), added))) if added else {}
        return self._own(self._run_unet(sample, timestep, states, **more, return_dict=False)[0]).float()

    def decode(self, latents):
        return self._own(self._run_vae(latents.to(self.dtype), return_dict=False)[0]).float()

    def _own(self, output):
        """A CUDA graph's output is overwritten by its next run."""
        return output.clone() if self._graphs else output


def compile_networks(networks):
    torch._dynamo.config.recompile_limit = 64
    if networks._graphs:
        # Fuses the projections of attention too, as diffusers' guide to fast inference does before it compiles.
        networks._unet.fuse_qkv_projections()
        networks._vae.fuse_qkv_projections()
        options = dict(mode="max-autotune", fullgraph=True, dynamic=False)
        networks._run_vae = torch.compile(networks._vae.decode, **options)
    else:
        import torch._inductor.config as inductor
        inductor.freezing = True
        options = dict(fullgraph=True, dynamic=False)
    networks._run_unet = torch.compile(networks._unet, **options)
