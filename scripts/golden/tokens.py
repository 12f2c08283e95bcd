"""Record what transformers' tokenizers make of a table of prompts and of every character: the truth of
test/engine/tokenizer/golden.test.ts.

python scripts/golden/tokens.py    (needs transformers, tokenizers: PyPI)

Writes test/golden/tokens/tokens.json: the prompts, and for each tokenizer their ids in the same order; long lists of
ids as their count and the SHA-256 of their decimal digits, with commas between.
"""

import hashlib
import json
import pathlib
import tempfile

import tokenizers
import transformers
from transformers import BertTokenizer, CLIPTokenizer

ROOT = pathlib.Path(__file__).parents[2]
transformers.logging.set_verbosity_error()
LONG = 60
BOS, EOS = "<|startoftext|>", "<|endoftext|>"

PROMPTS = [
    "", " ", "a red heart", "a happy dog", "A Photo of a CAT, highly detailed", "masterpiece, best quality, 1girl",
    # White space
    "  two  spaces\t\ttab\n\nlines\r\n end ", "no\u00a0break\u2003em\u3000wide\u2028line", "\u200bzero\u200dwidth\ufeffmark",
    # Punctuation, numbers, contractions
    "wow!!! what?! (really) [yes] {no} <ok>", "a,b;c:d.e/f\\g|h", "3.14 + 2024 = 1,000,000 × ½ ² Ⅷ ① ٣", "50% off @ $5 #1",
    "it's they're I'LL don't we'd you've I'm 'twas rock'n'roll ''s '", "under_score kebab-case camelCase http://a.io/?b=1&c=2",
    "\u201ccurly\u201d \u2018quotes\u2019 \u2013 \u2014 \u2026 «guillemets» ¿qué?", "a (red:1.2) \\(car\\) ((blue))",
    # Languages
    "café naïve Ångström façade", "cafe\u0301 nai\u0308ve A\u030angstro\u0308m", "straße GROẞE ﬁne ﬂy", "İstanbul ısı I",
    "ΟΔΥΣΣΕΥΣ Σ σς ὈΔΥΣΣΕΎΣ", "Съешь же ещё этих мягких французских булок", "שָׁלוֹם עולם", "مرحبا بالعالم ١٢٣", "नमस्ते दुनिया",
    "สวัสดีชาวโลก", "東京タワーの夜景", "一只红色的猫", "𠀀𪜀𫠠𫤠豈 CJK past the BMP", "안녕하세요 \u1100\u1161\u11a8", "Tiếng Việt đẹp quá",
    # Emoji and other signs
    "😀 happy", "👨‍👩‍👧‍👦 family", "🏳️‍🌈🇩🇪👍🏽", "❤️ ♥ ★ ™ ©", "𝔉𝔞𝔫𝔠𝔶 𝟙𝟚𝟛", "z\u0351\u036b\u0343a\u0321\u0315\u0327lgo\u0334\u0345",
    # Control characters and what cannot be
    "nul\x00nul", "bell\x07esc\x1b[31m", "\x85next\x0b\x0c", "soft\u00adhyphen", "\ufffd replaced", "\ue000 private \uffff not",
    # Text of special tokens
    "a <|endoftext|> b", "<|startoftext|>a<|endoftext|>", "A <|ENDOFTEXT|> B", "<|endoftext|><|endoftext|>", "<|other|>", "<|_( <|1",
    "a [SEP] b [CLS][PAD] [UNK] [MASK] [sep]", "</w> a</w> ##ing ## [unused5] Ġ !</w>", "<unk> lower newest",
    # Long words and long prompts
    "a" * 99, "a" * 100, "b" * 101, "supercalifragilisticexpialidocious" * 3, "abababab" * 40,
    ", ".join(f"word {i}" for i in range(80)), "the quick brown fox jumps over the lazy dog " * 9,
]
# What these make has 100 kB.
REPEATED = [["a happy dog, ", 7700], ["a", 100_000], ["!", 100_000], ["東", 33_000], ["e\u0301\u0327", 20_000], ["x\u0315\u0327", 20_000]]

# Every character of some planes, in blocks of 4096: alone in a word, and among marks of other combining classes.
BLOCKS = [*range(0, 0x20), 0x2A, 0x2B, 0x2C, 0x2F, 0x32, 0x33, 0xE0, 0xF0, 0x10F]


def block(index):
    characters = [chr(c) for c in range(index << 12, (index + 1) << 12) if not 0xD800 <= c <= 0xDFFF]
    return " ".join(f"a{c}b a\u0345{c}\u0334\u0327" for c in characters)


def listed(ids):
    if len(ids) <= LONG:
        return ids
    return {"count": len(ids), "sha256": hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()}


def token(content, normalized=True):
    return {"content": content, "lstrip": False, "normalized": normalized, "rstrip": False, "single_word": False}


def clip_files():
    """CLIP's vocabulary from the bundled merges: bytes, bytes that end a word, merges, the two ends."""
    lines = (ROOT / "assets/tokenizers/clip/merges.txt").read_text("utf-8").splitlines()[1:]
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = [chr(b) for b in kept] + [chr(256 + i) for i in range(256 - len(kept))]
    tokens = symbols + [s + "</w>" for s in symbols] + [line.replace(" ", "") for line in lines] + [BOS, EOS]
    return {t: i for i, t in enumerate(tokens)}, lines


def tiny_files():
    """A vocabulary like those of test checkpoints on the hub: most bytes are unknown."""
    tokens = [*"lowerstidn", "lo", "l</w>", "w</w>", "r</w>", "t</w>", "low</w>", "er</w>", "lowest</w>", "newer</w>", "wider", "<unk>"]
    vocab = {t: i for i, t in enumerate(dict.fromkeys(tokens + [BOS, EOS]))}
    return vocab, ["l o", "lo w</w>", "e r</w>"]


def clip(vocab, merges, **config):
    """The tokenizer from vocab.json and merges.txt; checked to be the one from the tokenizer.json that it saves."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "vocab.json").write_text(json.dumps(vocab), "utf-8")
        (path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
        (path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 77, **config}), "utf-8")
        tokenizer = CLIPTokenizer.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        saved = CLIPTokenizer.from_pretrained(folder)
    for prompt in PROMPTS:
        assert saved(prompt).input_ids == tokenizer(prompt).input_ids, prompt
    return tokenizer


ends = {"bos_token": {"__type": "AddedToken", **token(BOS)}, "eos_token": {"__type": "AddedToken", **token(EOS)}}
TOKENIZERS = {
    "sprite": BertTokenizer.from_pretrained(ROOT / "assets/models/sprite/tokenizer"),
    "clip": clip(*clip_files(), pad_token=EOS),
    "clip padded with !": clip(*clip_files(), **ends, pad_token="!"),
    "tiny": clip(*tiny_files(), unk_token="<unk>"),
}


def record(tokenizer):
    encode = lambda text: tokenizer(text, truncation=False, padding=False).input_ids
    return {
        "prompts": [listed(encode(prompt)) for prompt in PROMPTS],
        "repeated": [listed(encode(text * times)) for text, times in REPEATED],
        "blocks": [listed(encode(block(index))) for index in BLOCKS],
    }



def lines(values):
    return "[\n" + ",\n".join(json.dumps(value, separators=(",", ":")) for value in values) + "\n]"


tables = [
    f'"{name}": {{' + ",\n".join(f'"{key}": {lines(ids)}' for key, ids in record(tokenizer).items()) + "}"
    for name, tokenizer in TOKENIZERS.items()
]
made = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
out = ROOT / "test/golden/tokens/tokens.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(
    f'{{"made": {json.dumps(made)},\n"prompts": {lines(PROMPTS)},\n"repeated": {lines(REPEATED)},\n'
    f'"blocks": {json.dumps(BLOCKS)},\n"ids": {{\n' + ",\n".join(tables) + "\n}}\n"
)
print(out, out.stat().st_size, "bytes")
