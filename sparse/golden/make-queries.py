"""Writes sparse/golden/queries.json.gz: hard and random strings as weighted query pieces, by the reference tokenizer.

Run: python sparse/golden/make-queries.py   (needs: pip install -r sparse/golden/requirements.txt)
"""

import gzip
import json
from pathlib import Path

import tokenizers

from hard_strings import hard_strings
from random_strings import random_strings

FOLDER = Path(__file__).parent
MODEL = FOLDER.parent.parent / "models" / "lexpand-mini-v1"
SEED, RANDOM_STRINGS = 20_260_102, 300

tokenizer = tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
table = json.loads((MODEL / "query-table.json").read_text())
special = {id for id, token in tokenizer.get_added_tokens_decoder().items() if token.special}


def pieces(text: str) -> list[list]:
    ids = set(tokenizer.encode(text, add_special_tokens=False).ids) - special
    weighted = [(-min(table.get(piece, 0), 64), id, piece) for id in ids if "." not in (piece := tokenizer.id_to_token(id))]
    return [[piece, -weight] for weight, _, piece in sorted(weighted) if weight < 0]


texts = [*hard_strings(), *random_strings(SEED, RANDOM_STRINGS)]
golden = {
    "made_with": {"tokenizers": tokenizers.__version__},
    "queries": [{"text": text, "pieces": pieces(text)} for text in texts],
}
content = json.dumps(golden, separators=(",", ":")).encode()
(FOLDER / "queries.json.gz").write_bytes(gzip.compress(content, 9, mtime=0))
print(len(texts), "queries;", golden["made_with"])
