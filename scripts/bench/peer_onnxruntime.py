"""onnxruntime on a CPU: the plain export of torch.onnx.export, all optimisations, each network opened for the shape that is drawn.

https://onnxruntime.ai/docs/performance/tune-performance/threading.html
"""
import os

import onnxruntime
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
    folders = {name: exported(checkpoint, options.cache, "onnx", name, write) for name in NETWORKS}
    return Peer(checkpoint, Networks(folders, options.threads))


def write(folder, module, inputs, dims):
    # The exporter by tracing; the newer one needs onnxscript, and was not measured.
    torch.onnx.export(module, tuple(inputs.values()), os.path.join(folder, "model.onnx"), dynamo=False, opset_version=18,
        input_names=list(inputs), output_names=["output"], dynamic_axes=dims)


class Networks:
    packages = ("onnxruntime",)

    def __init__(self, folders, threads):
        def opener(name, dims):
            def open(shape):
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = threads
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
                options.log_severity_level = 3
                # Static shapes, as if exported for this one.
                for dim, size in zip(dims, shape):
                    options.add_free_dimension_override_by_name(dim, size)
                path = os.path.join(folders[name], "model.onnx")
                return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            return Kept(open)

        self._text = opener("text", ["batch"])
        self._unet = opener("unet", ["batch", "height", "width", "tokens"])
        self._vae = opener("vae", ["batch", "height", "width"])

    def text(self, ids, mask):
        return run(self._text(ids.shape[:1]), ids, mask)

    def unet(self, sample, timestep, states, *added):
        shape = (sample.shape[0], *sample.shape[2:], states.shape[1])
        return run(self._unet(shape), sample, timestep, states, *added)

    def decode(self, latents):
        return run(self._vae((latents.shape[0], *latents.shape[2:])), latents)


def run(session, *inputs):
    feeds = {port.name: x.contiguous().numpy() for port, x in zip(session.get_inputs(), inputs)}
    return torch.from_numpy(session.run(None, feeds)[0])
