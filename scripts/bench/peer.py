"""Runs one of Kiln's rivals on a checkpoint: the other side of `kiln bench --compare`.

    python scripts/bench/peer.py --peer openvino --model DIR --threads 2 --cache DIR

Standard output has JSON lines and nothing else; what libraries say goes to standard error. First comes

    {"ready": true, "peer": "openvino", "versions": {"openvino": "2026.4.1", …}, "open_seconds": 1.9}
    {"unavailable": "Cannot run openvino: …"}    and the process ends, with 0

then one answer for each line of standard input, until it ends:

    {"do": "call", "width": 512, "height": 512, "batch": 1, "tokens": 77} → {"seconds"}: one U-Net call, warm
    {"do": "decode", "width": 512, "height": 512}                         → {"seconds"}: one picture by the VAE, warm
    {"do": "picture", "prompt", "negative", "width", "height", "steps", "guidance", "seed", "count", "file"}
        → {"seconds": request to the PNG's bytes, "text_seconds", "unet_seconds", "step_seconds", "decode_seconds",
           "encode_seconds", "peak_mb"}

The first request of a shape has `warmup_seconds` beside: one call, or one picture of one step, that was not counted.
`count` pictures take one batch, with the seeds `seed`, `seed + 1`, …; `file` is the first one's, the others lie beside
it as `file-2.png`. `peak_mb`: the process's highest resident memory ever, mapped weights included; on a GPU, the
highest that its allocator held. An answer may be {"error": "one sentence"}.

`--once '{"do": "picture", …}'` draws that picture as a script of a user's would, nothing warmed, writes the file,
prints the one answer and ends: its cold start is the life of the process. `--prepare '{"do": "picture", …}'` makes in
advance what a user of that peer would also keep between runs (exports, compiled kernels), so that none of it is in the
cold start.

Needs the packages of requirements.txt, each peer its own; without them, `unavailable`.
"""
import argparse, importlib.util, json, os, sys, time, traceback

began = time.perf_counter()

# Which module runs a peer, the numbers it computes in, and what it needs installed.
PEERS = {
    "diffusers": ("peer_torch", dict(dtype="float32"), []),
    "diffusers-bf16": ("peer_torch", dict(dtype="bfloat16"), []),
    "diffusers-fp16": ("peer_torch", dict(dtype="float16"), []),
    "diffusers-compiled": ("peer_torch", dict(dtype="float32", compiled=True), []),
    "diffusers-compiled-bf16": ("peer_torch", dict(dtype="bfloat16", compiled=True), []),
    "openvino": ("peer_openvino", dict(dtype="float32"), ["openvino"]),
    "openvino-bf16": ("peer_openvino", dict(dtype="bfloat16"), ["openvino"]),
    "onnxruntime": ("peer_onnxruntime", dict(dtype="float32"), ["onnxruntime"]),
}
COMMON = ["torch", "diffusers", "transformers", "PIL"]


class Unavailable(Exception):
    """Why a peer cannot run here, in one sentence."""


def main():
    answers = take_stdout()
    say = lambda answer: print(json.dumps(answer), file=answers, flush=True)
    options = arguments().parse_args()
    try:
        requests = lines(options)
        peer = open_peer(options)
    except Unavailable as reason:
        say(dict(unavailable=f"Cannot run {options.peer}: {reason}"))
        return
    if requests is sys.stdin:
        say(dict(ready=True, peer=options.peer, versions=peer.versions, open_seconds=since(began)))
    for line in requests:
        if line.strip():
            say(answer(peer, line, warm=requests is sys.stdin))
    if requests is not sys.stdin:
        # The picture is on disk: taking libraries down is no part of a cold start.
        sys.stderr.flush()
        os._exit(0)


def arguments():
    parser = argparse.ArgumentParser(description="Runs one of Kiln's rivals; see the head of this file.")
    parser.add_argument("--peer", required=True)
    parser.add_argument("--model", required=True, help="a checkpoint's folder in diffusers' layout")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cache", required=True, help="where exports and compiled kernels are kept")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--once", metavar="REQUEST")
    parser.add_argument("--prepare", metavar="REQUEST")
    return parser


def lines(options):
    return [options.once or options.prepare] if options.once or options.prepare else sys.stdin


def open_peer(options):
    """The peer's networks around the checkpoint; raises Unavailable."""
    if options.peer not in PEERS:
        raise Unavailable(f"no such peer; there are {', '.join(PEERS)}")
    module, settings, needs = PEERS[options.peer]
    missing = [name for name in COMMON + needs if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(f"{sys.executable} lacks {', '.join(missing)} (pip install -r scripts/bench/requirements.txt)")
    index = os.path.join(options.model, "model_index.json")
    if not os.path.isfile(index):
        raise Unavailable(f"{options.model} is no folder in diffusers' layout, which peers read")
    set_up_process(options)
    try:
        return importlib.import_module(module).open_peer(options, **settings)
    except ImportError as error:
        raise Unavailable(f"{sys.executable} cannot import what it needs ({first_line(error)})") from error


def set_up_process(options):
    """Before anything heavy is imported: as many threads as asked for, and nothing from the hub."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    # A machine's guard against old OpenBLAS builds, which slows a current one.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    quieter = dict(HF_HUB_OFFLINE="1", DIFFUSERS_VERBOSITY="error", TRANSFORMERS_VERBOSITY="error",
        HF_HUB_DISABLE_PROGRESS_BARS="1", TQDM_DISABLE="1", TOKENIZERS_PARALLELISM="false", DO_NOT_TRACK="1")
    for name, value in quieter.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", os.path.join(os.path.abspath(options.cache), "inductor"))


def answer(peer, line, warm):
    """One request's answer; what goes wrong is a sentence, and its trace is on standard error."""
    try:
        request = json.loads(line)
        if request["do"] not in ("call", "decode", "picture"):
            return dict(error=f"Cannot do {request['do']!r}: want call, decode or picture")
        return getattr(peer, request.pop("do"))(warm=warm, **request)
    except Exception as error:
        traceback.print_exc()
        return dict(error=f"Cannot answer {line.strip()[:200]}: {type(error).__name__}: {first_line(error)}")


def first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def since(start):
    return round(time.perf_counter() - start, 4)


def take_stdout():
    """The real standard output, for answers alone: whatever else is printed, by C++ too, goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    # Modules beside this one say `from peer import …`: the one that runs, not a second copy of it.
    sys.modules["peer"] = sys.modules["__main__"]
    main()
