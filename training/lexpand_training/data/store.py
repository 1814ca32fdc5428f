"""Ragged integer arrays on disk: the token store that every later stage reads instead of text."""

from __future__ import annotations

import json
import lzma
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

CLS, SEP = 101, 102


@dataclass
class Ragged:
    """Rows of different length in one flat array: row i is flat[offsets[i]:offsets[i + 1]]."""

    flat: np.ndarray  # uint16 [T]
    offsets: np.ndarray  # int64 [N + 1]

    @classmethod
    def of(cls, rows) -> Ragged:
        lengths = np.fromiter((len(r) for r in rows), np.int64, len(rows))
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.concatenate([np.asarray(r, np.uint16) for r in rows]) if len(rows) else np.zeros(0, np.uint16)
        return cls(flat.astype(np.uint16), offsets)

    @classmethod
    def joined(cls, several: list[Ragged]) -> Ragged:
        lengths = np.concatenate([r.lengths for r in several])
        return cls(np.concatenate([r.flat for r in several]), np.concatenate([[0], np.cumsum(lengths)]))

    @cached_property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets)

    def first(self, rows: int) -> Ragged:
        return Ragged(self.flat, self.offsets[: rows + 1])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, i: int) -> np.ndarray:
        return self.flat[self.offsets[i] : self.offsets[i + 1]]

    def take(self, rows: np.ndarray) -> Ragged:
        return Ragged.of([self.row(i) for i in rows])


@dataclass
class TokenStore:
    """Documents and queries as word-piece ids without special tokens, with their origin.

    positive[i] is the document a query was written for, or -1; kind is an index into KINDS.
    """

    docs: Ragged
    doc_source: np.ndarray  # uint8 [D]
    title_lengths: np.ndarray  # uint8 [D]: pieces of the title that a document begins with, 0 = it has none
    queries: Ragged
    query_source: np.ndarray  # uint8 [Q]
    query_kind: np.ndarray  # uint8 [Q]
    positive: np.ndarray  # int32 [Q]
    sources: list[str]

    KINDS = ("pair", "bare", "crop", "keyword")

    @classmethod
    def joined(cls, stores: list[TokenStore]) -> TokenStore:
        """One behind the other: rows of the first store keep their numbers. Sources of one name become one."""
        names = sorted({name for s in stores for name in s.sources})
        codes = [np.array([names.index(n) for n in s.sources], np.uint8) for s in stores]
        before = np.cumsum([0] + [len(s.docs) for s in stores])
        return cls(
            Ragged.joined([s.docs for s in stores]),
            np.concatenate([code[s.doc_source] for code, s in zip(codes, stores)]),
            np.concatenate([s.title_lengths for s in stores]),
            Ragged.joined([s.queries for s in stores]),
            np.concatenate([code[s.query_source] for code, s in zip(codes, stores)]),
            np.concatenate([s.query_kind for s in stores]),
            np.concatenate([np.where(s.positive >= 0, s.positive + start, -1).astype(np.int32) for start, s in zip(before, stores)]),
            names,
        )

    def first(self, docs: int, queries: int) -> TokenStore:
        """The first documents and queries, as a view."""
        return TokenStore(
            self.docs.first(docs),
            self.doc_source[:docs],
            self.title_lengths[:docs],
            self.queries.first(queries),
            self.query_source[:queries],
            self.query_kind[:queries],
            self.positive[:queries],
            self.sources,
        )

    def save(self, folder: Path, parts: int = 8) -> None:
        """Writes xz parts: they decompress in parallel and travel well."""
        folder.mkdir(parents=True, exist_ok=True)
        pieces = np.array_split(self.docs.flat, parts)
        jobs = {f"docs-{i}.xz": p for i, p in enumerate(pieces)}
        jobs["queries.xz"] = self.queries.flat
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda kv: (folder / kv[0]).write_bytes(_planes(kv[1])), jobs.items()))
        np.savez_compressed(
            folder / "meta.npz",
            doc_lengths=self.docs.lengths.astype(np.uint16),
            query_lengths=self.queries.lengths.astype(np.uint16),
            doc_source=self.doc_source,
            title_lengths=self.title_lengths,
            query_source=self.query_source,
            query_kind=self.query_kind,
            positive=self.positive,
        )
        (folder / "sources.json").write_text(json.dumps({"sources": self.sources, "parts": parts}))

    @classmethod
    def load_documents(cls, folder: Path) -> Ragged:
        """The documents of those parts that are there: the warm-up may begin before all have travelled."""
        parts = json.loads((folder / "sources.json").read_text())["parts"]
        there = [p for i in range(parts) if (p := folder / f"docs-{i}.xz").exists()]
        with ThreadPoolExecutor(16) as pool:
            flat = np.concatenate(list(pool.map(lambda p: _unplanes(p.read_bytes()), there)))
        offsets = np.concatenate([[0], np.cumsum(np.load(folder / "meta.npz")["doc_lengths"].astype(np.int64))])
        whole = offsets[offsets <= len(flat)]
        return Ragged(flat, whole)

    @classmethod
    def load(cls, folder: Path) -> TokenStore:
        info = json.loads((folder / "sources.json").read_text())
        names = [f"docs-{i}.xz" for i in range(info["parts"])] + ["queries.xz"]
        with ThreadPoolExecutor(16) as pool:
            flats = list(pool.map(lambda n: _unplanes((folder / n).read_bytes()), names))
        m = np.load(folder / "meta.npz")

        def ragged(flat, lengths):
            return Ragged(flat, np.concatenate([[0], np.cumsum(lengths.astype(np.int64))]))

        return cls(
            ragged(np.concatenate(flats[:-1]), m["doc_lengths"]),
            m["doc_source"],
            m["title_lengths"],
            ragged(flats[-1], m["query_lengths"]),
            m["query_source"],
            m["query_kind"],
            m["positive"],
            info["sources"],
        )


def _planes(a: np.ndarray) -> bytes:
    """High and low bytes apart: xz finds a fifth more in them."""
    b = a.astype("<u2").view(np.uint8).reshape(-1, 2)
    return lzma.compress(np.ascontiguousarray(b.T).tobytes(), preset=6)


def _unplanes(raw: bytes) -> np.ndarray:
    b = np.frombuffer(lzma.decompress(raw), np.uint8).reshape(2, -1)
    return np.ascontiguousarray(b.T).view("<u2").reshape(-1)
