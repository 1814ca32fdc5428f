"""Text to passages of 35 to 195 words cut at sentence ends, and to pairs of a heading and what stands below it."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..data.corpus import SENTENCE, digest
from .overlap import Overlap

SHORTEST, LONGEST = 35, 195
WORDS = 120  # a passage is closed at the first sentence end after so many
# Headings that ask nothing: half of all manuals have them.
GENERIC = frozenset(
    "introduction overview description details value values usage arguments notes note examples example references reference see also "
    "contents index summary background author authors copyright license installation options synopsis parameters returns return type "
    "properties methods attributes functions classes modules module syntax warning format source further reading".split()
)


class Writer:
    """Passages and pairs of one run, every text once, nothing that an evaluation collection holds."""

    def __init__(self, overlap: Overlap):
        self.overlap, self.seen = overlap, set()
        self.passages: list[dict] = []
        self.pairs: list[dict] = []

    def section(self, source: str, page: str, heading: str, text: str) -> None:
        """A titled piece of a page: its passages, and its heading as a question about the first of them."""
        for place, passage in enumerate(cut(text)):
            title = page if heading == page else f"{page} - {heading}".strip(" -")
            if self.passage(source, title, passage, SHORTEST) and place == 0 and asks(heading):
                self.pairs.append({"src": source, "q": heading, "title": page if heading != page else "", "text": passage})

    def definition(self, source: str, names: Iterable[str], text: str) -> None:
        """A short text and what it defines: every name is a question; the text alone is the document."""
        text = " ".join(text.split())
        if self.passage(source, "", text, 8):
            self.pairs += [{"src": source, "q": name, "title": "", "text": text} for name in names if len(name) > 2]

    def passage(self, source: str, title: str, text: str, shortest: int) -> bool:
        if len(text.split()) < shortest or digest(text) in self.seen or not readable(text) or self.overlap.shares(text):
            return False
        self.seen.add(digest(text))
        self.passages.append({"src": source, "title": title, "text": text})
        return True

    def write(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, items in (("passages", self.passages), ("pairs", self.pairs)):
            with lzma.open(folder / f"{kind}-{name}.jsonl.xz", "wt", encoding="utf-8", preset=1) as file:
                file.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def cut(text: str) -> Iterator[str]:
    current: list[str] = []
    for sentence in SENTENCE.split(text):
        words = sentence.split()
        if len(current) + len(words) > LONGEST and current:
            yield " ".join(current)
            current = []
        current += words[:LONGEST]
        if len(current) >= WORDS:
            yield " ".join(current)
            current = []
    if current:
        yield " ".join(current)


def asks(heading: str) -> bool:
    words = heading.split()
    return 1 < len(words) < 16 and not all(w.lower().strip(":.") in GENERIC for w in words)


def readable(text: str) -> bool:
    """Words, not tables or code: mostly letters and spaces."""
    return len(re.findall(r"[A-Za-z ]", text)) > 0.78 * len(text)
