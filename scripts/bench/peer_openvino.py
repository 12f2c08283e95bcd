"""OpenVINO on a CPU: networks converted from torch, each compiled for the shape that is drawn.

As its guide to performance has it: ov.convert_model, weights in fp32, static shapes by reshape, the LATENCY hint, and as many
threads as asked for. The numbers: its default, which is bf16 where the CPU has it, or INFERENCE_PRECISION_HINT f32.
https://docs.openvino.ai/2026/openvino-workflow/running-inference/optimize-inference.html
"""
import os

import openvino as ov
import torch

from checkpoint import Checkpoint
from drawing import Peer
from export import NETWORKS, Kept, exported
from peer import Unavailable


def open_peer(options, dtype):
    if options.device != "cpu":
        raise Unavailable(f"it is compared on the CPU only, and {options.device} was asked for")
    checkpoint = Checkpoint(options.model)
    torch.set_num_threads(options.threads)
    core = ov.Core()
    if dtype == "bfloat16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise Unavailable("this CPU has no bf16, so its default is the fp32 of `openvino`")
    folders = {name: exported(checkpoint, options.cache, "openvino", name, write) for name in NETWORKS}
    return Peer(checkpoint, Networks(core, folders, options.threads, dtype))


def write(folder, module, inputs, dims):
    model = ov.convert_model(module, example_input=inputs)
    # Traced in the order of the inputs, which may have lost their names.
    for port, name in zip(model.inputs, inputs, strict=True):
        port.get_tensor().set_names({name})
    ov.save_model(model, os.path.join(folder, "model.xml"), compress_to_fp16=False)


class Networks:
    packages = ("openvino",)

    def __init__(self, core, folders, threads, dtype):
        config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
        # bf16 is what it chooses by itself; said, so that no other version chooses something else unseen.
        config["INFERENCE_PRECISION_HINT"] = {"float32": "f32", "bfloat16": "bf16"}[dtype]

        def opener(name):
            def open(shapes):
                model = core.read_model(os.path.join(folders[name], "model.xml"))
                model.reshape({port: list(shape) for port, shape in zip(model.inputs, shapes)})
                return core.compile_model(model, "CPU", config).create_infer_request()
            return Kept(open)

        self._opened = {name: opener(name) for name in NETWORKS}

    def text(self, ids, mask):
        return self._run("text", ids, mask)

    def unet(self, *inputs):
        return self._run("unet", *inputs)

    def decode(self, latents):
        return self._run("vae", latents)

    def _run(self, name, *inputs):
        request = self._opened[name](tuple(tuple(x.shape) for x in inputs))
        inputs = [x.contiguous().numpy() for x in inputs][: len(request.model_inputs)]
        request.infer(inputs, share_inputs=True)
        return torch.from_numpy(request.get_output_tensor(0).data.copy())
