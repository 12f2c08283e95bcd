"""A CLIP tokenizer with 512 byte symbols and a few dozen words: the hub's files in miniature."""
import json, os

from transformers import CLIPTokenizer

WORDS = """a an the of in on with and photo picture painting drawing happy sad red blue green small big old dog
cat fox horse house tree river mountain city robot rocket castle moon sun night day high quality blurry""".split()


def byte_symbols():
    """CLIP's printable stand-in for each byte, in the order of its vocabulary (openai/CLIP simple_tokenizer.py)."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in kept]
    return [chr(b) for b in kept] + [chr(256 + i) for i in range(len(rest))]


def vocabulary(merges):
    """CLIP's numbering: bytes, bytes that end a word, merges, the two special tokens."""
    tokens = byte_symbols() + [s + "</w>" for s in byte_symbols()] + ["".join(m) for m in merges]
    tokens = list(dict.fromkeys(tokens)) + ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}


def bundled(pad=None):
    """The real CLIP tokenizer, from the merges in assets/: for a checkpoint that has none of its own."""
    path = os.path.join(os.path.dirname(__file__), "../../../assets/tokenizers/clip/merges.txt")
    with open(path, encoding="utf-8") as file:
        merges = [tuple(line.split()) for line in file.read().splitlines() if line and not line.startswith("#version")]
    return CLIPTokenizer(vocab=vocabulary(merges), merges=merges, model_max_length=77,
        **({"pad_token": pad} if pad else {}))


def build():
    """(vocab, merges): every word of WORDS becomes one token, letter by letter from its left."""
    merges = []
    for word in WORDS:
        pieces = [*word[:-1], word[-1] + "</w>"]
        left = pieces[0]
        for right in pieces[1:]:
            if (left, right) not in merges:
                merges.append((left, right))
            left += right
    return vocabulary(merges), merges


def write(folder, pad="<|endoftext|>"):
    """Writes vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json as SD checkpoints have them."""
    os.makedirs(folder, exist_ok=True)
    vocab, merges = build()
    special = lambda content: {"content": content, "lstrip": False, "normalized": True, "rstrip": False,
        "single_word": False}
    bos, eos = special("<|startoftext|>"), special("<|endoftext|>")
    config = {
        "add_prefix_space": False, "bos_token": {"__type": "AddedToken", **bos}, "do_lower_case": True,
        "eos_token": {"__type": "AddedToken", **eos}, "errors": "replace", "model_max_length": 77,
        "pad_token": pad, "tokenizer_class": "CLIPTokenizer", "unk_token": {"__type": "AddedToken", **eos},
    }
    files = {
        "vocab.json": json.dumps(vocab, ensure_ascii=False, separators=(",", ":")),
        "merges.txt": "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges),
        "tokenizer_config.json": json.dumps(config, indent=1),
        "special_tokens_map.json": json.dumps({"bos_token": bos, "eos_token": eos, "pad_token": pad, "unk_token": eos},
        indent=1),
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def write_json_only(folder, source):
    """The same vocabulary as transformers saves it today: tokenizer.json and tokenizer_config.json."""
    CLIPTokenizer.from_pretrained(source).save_pretrained(folder)
