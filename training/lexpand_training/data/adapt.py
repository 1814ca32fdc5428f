"""Domain adaptation: a folder of documents in, an encoder for them out. No labels, no queries of the user's.

Queries are cropped from the documents, the teachers say which documents they should find, and a tenth of the documents is
kept apart: crops of these, before and after, are the report.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from ..settings import Corpus
from . import corpus

TEXT_FILES = (".txt", ".md", ".rst", ".html", ".jsonl")
WINDOW = 120  # words of a passage


def passages(text: str) -> list[str]:
    """Windows of about WINDOW words, cut at sentence ends where there are any."""
    out, current = [], []
    for sentence in corpus.SENTENCE.split(text):
        current += sentence.split()
        while len(current) >= WINDOW:
            out.append(" ".join(current[: 2 * WINDOW]))
            current = current[2 * WINDOW :]
    if len(current) > 8 or not out:
        out.append(" ".join(current))
    return [p for p in out if p]


def read_folder(folder: Path) -> list[tuple[str, str]]:
    """(title, passage) of every text file; a JSONL line needs `text` and may have `title`."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in TEXT_FILES):
        if path.suffix == ".jsonl":
            items = [json.loads(line) for line in corpus.read_lines(path)]
            found += [(i.get("title") or "", p) for i in items for p in passages(i["text"])]
        else:
            found += [("", p) for p in passages(path.read_text(encoding="utf-8", errors="replace"))]
    if len(found) < 100:
        raise ValueError(f"[adapt] expected at least 100 passages in {folder}, got {len(found)}. Train on more text.")
    return found


def collections(folder: Path, options: Corpus) -> tuple[corpus.Collection, corpus.Collection]:
    """(training, held out): passages with one crop and one keyword query each."""
    sides = [corpus.Collection(options.seed, 0.0) for _ in range(2)]
    for title, text in read_folder(folder):
        sides[corpus.held_out(text)].document("own", title, text)
    for side in sides:
        side.random = random.Random(options.seed)
        corpus.add_crops(side, len(side.docs))
        corpus.add_keywords(side, len(side.docs))
    return sides[0], sides[1]
