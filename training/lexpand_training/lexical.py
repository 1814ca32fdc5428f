"""The lexical teachers: BM25 over stemmed words, rebuilt from word-piece ids, and over the word pieces themselves.

Word pieces are the poorer lexical unit (BM25 over them loses .03 nDCG@10 against stemmed words), but the only one that
tells the student which of its own pieces to keep. Formula: Robertson and Zaragoza 2009 as in Lucene, k1 .9, b .4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import snowballstemmer
import torch

from .store import Ragged

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


@dataclass
class Bm25:
    """Term weights of documents (flat, by offsets) and an IDF for every term."""

    terms: torch.Tensor  # int32 [P]
    weights: torch.Tensor  # float16 [P]
    offsets: np.ndarray  # int64 [D + 1]
    idf: torch.Tensor  # float32 [V]

    @classmethod
    def of_stems(cls, stems: Stems, docs: Ragged) -> Bm25:
        """V = BUCKETS; IDF of these documents."""
        row, stem = stems.rows(docs)
        return cls.build(row, stem, len(docs), None)

    @classmethod
    def of_pieces(cls, docs: Ragged, idf: np.ndarray) -> Bm25:
        """IDF from the query table, which is what the student's score has."""
        row = np.repeat(np.arange(len(docs)), docs.lengths)
        return cls.build(row, docs.flat, len(docs), idf)

    @classmethod
    def build(cls, row: np.ndarray, terms: np.ndarray, count: int, idf: np.ndarray | None, k1: float = 0.9, b: float = 0.4) -> Bm25:
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
        return cls(
            torch.from_numpy(term.astype(np.int32)),
            torch.from_numpy(weight.astype(np.float16)),
            offsets,
            torch.from_numpy(idf.astype(np.float32)),
        )

    def to(self, device) -> Bm25:
        return Bm25(self.terms.to(device), self.weights.to(device), self.offsets, self.idf.to(device))

    def arrays(self) -> dict[str, np.ndarray]:
        """For np.savez; read back with `from_arrays`."""
        return {"terms": self.terms.numpy(), "weights": self.weights.numpy(), "offsets": self.offsets, "idf": self.idf.numpy()}

    @classmethod
    def from_arrays(cls, a) -> Bm25:
        return cls(torch.from_numpy(a["terms"]), torch.from_numpy(a["weights"]), a["offsets"], torch.from_numpy(a["idf"]))

    def dense(self, docs: np.ndarray) -> torch.Tensor:
        """float32 [len(docs), V]: IDF-weighted term weights of these documents."""
        sizes = (self.offsets[docs + 1] - self.offsets[docs]).astype(np.int64)
        total = int(sizes.sum())
        ahead = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        index = np.repeat(self.offsets[docs] - ahead, sizes) + np.arange(total)
        device = self.terms.device
        index = torch.from_numpy(index).to(device, non_blocking=True)
        row = torch.from_numpy(np.repeat(np.arange(len(docs)), sizes)).to(device, non_blocking=True)
        out = torch.zeros(len(docs), len(self.idf), device=device)
        term = self.terms[index].long()
        out[row, term] = self.weights[index].float() * self.idf[term]
        return out


def query_matrix(rows: np.ndarray, stems: np.ndarray, count: int, device) -> torch.Tensor:
    """float32 [count, BUCKETS]: how often every stem occurs in a query."""
    out = torch.zeros(count, BUCKETS, device=device)
    index = (torch.from_numpy(rows.astype(np.int64)).to(device), torch.from_numpy(stems.astype(np.int64)).to(device))
    return out.index_put_(index, torch.ones(len(rows), device=device), accumulate=True)
