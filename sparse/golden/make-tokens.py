"""Writes sparse/golden/tokens.json.gz: word piece ids by the reference tokenizer.

Run: python sparse/golden/make-tokens.py   (needs: pip install -r sparse/golden/requirements.txt)
"""

import gzip
import json
import struct
import sys
import zlib
from pathlib import Path

import tokenizers

from hard_strings import hard_strings
from random_strings import random_strings

FOLDER = Path(__file__).parent
MODEL = FOLDER.parent.parent / "models" / "lexpand-mini-v1"
SEED, RANDOM_STRINGS, SAMPLE = 20_260_101, 20_000, 300
# Blocks of 256 code points to check one by one; inside the gaps all are alike (ideographs, syllables, private use, none).
BLOCKS = [
    *range(0x0, 0x3600, 0x100), 0x4D00, 0x4E00, 0x9F00, *range(0xA000, 0xAE00, 0x100), 0xD700, 0xE000, *range(0xF800, 0x12600, 0x100),
    *range(0x13000, 0x13600, 0x100), *range(0x16000, 0x17100, 0x100), *range(0x18700, 0x18E00, 0x100), *range(0x1AF00, 0x20100, 0x100),
    0x2A600, 0x2A700, 0x2B700, 0x2B800, 0x2CE00, 0x2EB00, 0x2F800, 0x2FA00, 0x30000, 0xE0000, 0xE0100, 0xE0200, 0xFFF00, 0x10FF00,
]

tokenizer = tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()


def ids(text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def checksum(numbers: list[int]) -> int:
    return zlib.crc32(struct.pack(f"<{len(numbers)}I", *numbers))


def block_text(first: int) -> str:
    """Every code point of a block of 256 inside a word, surrogates left out."""
    characters = [chr(code) for code in range(first, first + 256) if not 0xD800 <= code < 0xE000]
    return "".join(f"a{character}b " for character in characters)


randoms = random_strings(SEED, RANDOM_STRINGS)
golden = {
    "made_with": {"tokenizers": tokenizers.__version__, "python": sys.version.split()[0]},
    "hard": [{"text": text, "ids": ids(text)} for text in hard_strings()],
    "random": {
        "seed": SEED,
        "sample": [{"text": text, "ids": ids(text)} for text in randoms[:SAMPLE]],
        "checksums": [checksum(ids(text)) for text in randoms],
    },
    "blocks": {str(first): checksum(ids(block_text(first))) for first in BLOCKS},
}
content = json.dumps(golden, separators=(",", ":")).encode()
(FOLDER / "tokens.json.gz").write_bytes(gzip.compress(content, 9, mtime=0))
print(len(golden["hard"]), "hard strings,", len(randoms), "random strings,", len(golden["blocks"]), "blocks;", golden["made_with"])
