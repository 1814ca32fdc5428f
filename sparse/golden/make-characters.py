"""Writes sparse/word-pieces/bert-characters.ts: how the reference tokenizer treats every Unicode code point.

The reference (Rust `tokenizers`) carries its own, older Unicode tables; JavaScript's \\p{..} classes follow the
ICU of the running Node. Asking the reference once for all code points makes ours independent of both.

Run: python sparse/golden/make-characters.py   (needs: pip install -r sparse/golden/requirements.txt)
"""

from pathlib import Path

import tokenizers
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

OUTPUT = Path(__file__).parent.parent / "bert-characters.ts"
SURROGATES = range(0xD800, 0xE000)
off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
clean = BertNormalizer(**{**off, "clean_text": True})
ideographs = BertNormalizer(**{**off, "handle_chinese_chars": True})
strip = BertNormalizer(**{**off, "strip_accents": True})
whole = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
words = BertPreTokenizer()


def kind(character: str) -> str | None:
    text = f"a{character}b"
    cleaned = clean.normalize_str(text)
    if cleaned == "ab":
        return "DROPPED"
    if cleaned == "a b":
        return "SPACE"
    if ideographs.normalize_str(text) != text:
        return "IDEOGRAPH"
    if strip.normalize_str(character) == "":
        return "MARK"
    # After the whole normalisation, since some symbols decompose to ASCII punctuation and a mark (U+2260 to "=").
    if len(words.pre_tokenize_str(whole.normalize_str(text))) == 3:
        return "PUNCTUATION"
    return None


ranges: dict[str, list[list[int]]] = {
    name: [] for name in ("DROPPED", "SPACE", "PUNCTUATION", "IDEOGRAPH", "MARK")
}
for code_point in range(0x110000):
    name = None if code_point in SURROGATES else kind(chr(code_point))
    if name is None:
        continue
    if ranges[name] and ranges[name][-1][1] == code_point - 1:
        ranges[name][-1][1] = code_point
    else:
        ranges[name].append([code_point, code_point])

COMMENTS = {
    "DROPPED": "Removed from the text before anything else: control, format, private use, U+FFFD.",
    "SPACE": "Separates words.",
    "PUNCTUATION": "A word of its own; with the four symbols that decompose to ASCII punctuation and a mark.",
    "IDEOGRAPH": "A word of its own (Chinese characters and what shares their blocks).",
    "MARK": "Non-spacing marks: removed after canonical decomposition.",
}
parts = [
    f"// Made by sparse/golden/make-characters.py from tokenizers {tokenizers.__version__}: do not edit.\n"
    "// Each list holds first and last code point of a range, alternating, ascending. The plugin has the same lists in\n"
    "// BertCharacters.java, since it runs inside the engine, where no JavaScript does.\n"
]
for name, found in ranges.items():
    numbers = [f"0x{edge:x}" for pair in found for edge in pair]
    lines, line = [], " "
    for number in numbers:
        if len(line) + len(number) + 2 > 110:
            lines.append(line)
            line = " "
        line += f" {number},"
    lines.append(line)
    parts.append(f"/** {COMMENTS[name]} */\n// biome-ignore format: generated\nexport const {name}: readonly number[] = [\n" + "\n".join(lines) + "\n]\n")
OUTPUT.write_text("\n".join(parts))
