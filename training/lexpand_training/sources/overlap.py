"""Which texts share more than a phrase with an evaluation collection: these are left out of training."""

from __future__ import annotations

import json
import re
from pathlib import Path

RUN = 12  # words
STRIDE = 3  # every third run of a text is looked up: two hits are at least fifteen words in a row, or two quotations
WORD = re.compile(r"[a-z0-9]+")


class Overlap:
    """runs: hashes of every run of twelve words in the collections."""

    def __init__(self, folders: list[Path]):
        self.runs: set[int] = set()
        for folder in folders:
            for name in ("corpus.jsonl", "queries.jsonl"):
                for line in (folder / name).open(encoding="utf-8"):
                    words = WORD.findall(json.loads(line)["text"].lower())
                    self.runs.update(hash(tuple(words[i : i + RUN])) for i in range(len(words) - RUN + 1))

    def shares(self, text: str) -> bool:
        words = WORD.findall(text.lower())
        return sum(hash(tuple(words[i : i + RUN])) in self.runs for i in range(0, len(words) - RUN + 1, STRIDE)) > 1
