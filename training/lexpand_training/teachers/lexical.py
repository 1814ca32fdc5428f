"""The lexical teachers: BM25 over stemmed words, rebuilt from word-piece ids, and over the word pieces themselves.

Word pieces are the poorer lexical unit (BM25 over them loses .03 nDCG@10 against stemmed words), but the only one that
tells the student which of its own pieces to keep. Formula: Robertson and Zaragoza 2009 as in Lucene, k1 .9, b .4.
"""

from __future__ import annotations

import numpy as np
import snowballstemmer
import torch

from ..data.store import Ragged
from .postings import Postings

BUCKETS = 1 << 15  # stems are hashed: two of a batch's 60 stems a document rarely meet
STOP = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with what which who how do does did can from has have had were".split()
)


class Stems:
    """Turns piece ids into hashed stems; equal words are stemmed once."""

    def __init__(self, vocabulary: list[str]):
        self.vocabulary = vocabulary
        self.inside = np.array([v.startswith("##") for v in vocabulary])
        self.word = np.array([any(ch.isalnum() for ch in v) for v in vocabulary])
        self.stem = snowballstemmer.stemmer("english").stemWord
        self.known: dict[int, int] = {}

    def rows(self, texts: Ragged) -> tuple[np.ndarray, np.ndarray]:
        """(row int32 [W], stem int32 [W]) of every word that is no stop word or punctuation."""
        flat = texts.flat
        row_of = np.repeat(np.arange(len(texts), dtype=np.int32), texts.lengths)
        begins = ~self.inside[flat]
        if len(flat):
            begins[np.minimum(texts.offsets[:-1][texts.lengths > 0], len(flat) - 1)] = True
        begin = np.flatnonzero(begins)
        word_of = np.cumsum(begins) - 1
        place = np.arange(len(flat)) - begin[word_of]
        mixed = (flat.astype(np.uint64) + 1) * _powers(place)
        keys = np.add.reduceat(mixed, begin) if len(begin) else np.zeros(0, np.uint64)
        keep = self.word[flat[begin]]
        begin, keys = begin[keep], keys[keep]
        unique, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        ends = np.append(np.flatnonzero(begins), len(flat))
        code = np.empty(len(unique), np.int32)
        for i, (key, f) in enumerate(zip(unique.tolist(), first.tolist())):
            if key not in self.known:
                at = begin[f]
                stop = ends[np.searchsorted(ends, at, side="right")]
                self.known[key] = self._code(flat[at:stop])
            code[i] = self.known[key]
        stems = code[inverse]
        real = stems >= 0
        return row_of[begin][real], stems[real]

    def _code(self, pieces: np.ndarray) -> int:
        word = "".join(self.vocabulary[p].removeprefix("##") for p in pieces)
        if word in STOP:
            return -1
        h = 0
        for ch in self.stem(word).encode():
            h = (h * 257 + ch) % 2147483647
        return h % BUCKETS


def _powers(place: np.ndarray) -> np.ndarray:
    """Odd 64-bit multipliers, one for every place inside a word: a word's key is a sum of products."""
    rng = np.random.default_rng(7)
    table = rng.integers(1, 2**62, 512, dtype=np.uint64) | 1
    return table[np.minimum(place, 511)]


def bm25_of_stems(stems: Stems, docs: Ragged) -> Postings:
    """V = BUCKETS; IDF of these documents."""
    row, stem = stems.rows(docs)
    return bm25(row, stem, len(docs), None)


def bm25_of_pieces(docs: Ragged, idf: np.ndarray) -> Postings:
    """IDF from the query table, which is what the student's score has."""
    row = np.repeat(np.arange(len(docs)), docs.lengths)
    return bm25(row, docs.flat, len(docs), idf)


def bm25(row: np.ndarray, terms: np.ndarray, count: int, idf: np.ndarray | None, k1: float = 0.9, b: float = 0.4) -> Postings:
    """row, terms [W]: every word of `count` documents."""
    key, tf = np.unique(row.astype(np.int64) * BUCKETS + terms, return_counts=True)
    doc, term = key // BUCKETS, key % BUCKETS
    length = np.bincount(row, minlength=count)
    norm = k1 * (1 - b + b * length / max(length.mean(), 1))
    weight = tf / (tf + norm[doc])
    if idf is None:
        df = np.bincount(term, minlength=BUCKETS)
        idf = np.log1p((count - df + 0.5) / (df + 0.5))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(doc, minlength=count))])
    return Postings(
        torch.from_numpy(term.astype(np.int32)),
        torch.from_numpy(weight.astype(np.float16)),
        offsets,
        torch.from_numpy(idf.astype(np.float32)),
    )


def query_matrix(rows: np.ndarray, stems: np.ndarray, count: int, device) -> torch.Tensor:
    """float32 [count, BUCKETS]: how often every stem occurs in a query."""
    out = torch.zeros(count, BUCKETS, device=device)
    index = (torch.from_numpy(rows.astype(np.int64)).to(device), torch.from_numpy(stems.astype(np.int64)).to(device))
    return out.index_put_(index, torch.ones(len(rows), device=device), accumulate=True)
