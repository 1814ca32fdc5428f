"""Training batches: packed documents and queries, assembled on the CPU while the GPU works."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

import numpy as np
import torch

from .store import Ragged, TokenStore
from .teachers import CLS, SEP


def pack_rows(texts: Ragged, rows: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """[CLS] text [SEP] of every row, one behind the other. Returns ids int64 [T] and lengths int64 [len(rows)]."""
    body = np.minimum(texts.lengths_cached[rows], limit - 2)
    lengths = body + 2
    ends = np.cumsum(lengths)
    starts = ends - lengths
    source = np.repeat(texts.offsets[rows] - starts - 1, lengths) + np.arange(ends[-1])
    ids = texts.flat[np.clip(source, 0, len(texts.flat) - 1)].astype(np.int64)
    ids[starts], ids[ends - 1] = CLS, SEP
    return ids, lengths


def cache_lengths(texts: Ragged) -> Ragged:
    texts.lengths_cached = texts.lengths
    return texts


def piece_pairs(texts: Ragged, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(place in rows, piece) of every piece of these texts."""
    lengths = texts.lengths_cached[rows]
    ahead = np.cumsum(lengths) - lengths
    index = np.repeat(texts.offsets[rows] - ahead, lengths) + np.arange(lengths.sum())
    return np.repeat(np.arange(len(rows)), lengths), texts.flat[index].astype(np.int64)


@dataclass
class Batch:
    queries: np.ndarray  # int64 [Q]
    docs: np.ndarray  # int64 [Q * G]
    ids: torch.Tensor  # int64 [T], packed documents
    lengths: np.ndarray
    piece_row: torch.Tensor  # int64 [P], query pieces as (row, piece)
    piece: torch.Tensor
    own: np.ndarray  # bool [Q]: the first document of the group is the query's own


class Sampler:
    """Chooses queries by kind and candidates by rank; runs in a thread, a few batches ahead."""

    def __init__(self, store: TokenStore, candidates: np.ndarray, options: dict, seed: int):
        self.store, self.candidates, self.o = store, candidates, options
        self.hard: tuple[np.ndarray, np.ndarray] | None = None  # (row of query or -1, int32 [n, depth])
        self.rng = np.random.default_rng(seed)
        cache_lengths(store.docs), cache_lengths(store.queries)
        self.cumulative = np.cumsum(self._probabilities())

    def _probabilities(self) -> np.ndarray:
        """Every kind has its share; inside a kind, small sources are drawn more often than their size says."""
        s, p = self.store, np.zeros(len(self.store.queries))
        for kind, share in enumerate(self.o["mix"]):
            rows = np.flatnonzero(s.query_kind == kind)
            if len(rows):
                size = np.bincount(s.query_source[rows], minlength=256)[s.query_source[rows]]
                w = size ** (self.o["temper"] - 1.0)
                p[rows] = share * w / w.sum()
        return p / p.sum()

    def _queries(self) -> np.ndarray:
        drawn = self.rng.random(self.o["queries"]) * self.cumulative[-1]
        return np.minimum(np.searchsorted(self.cumulative, drawn, side="right"), len(self.store.queries) - 1)

    def _documents(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """int64 [Q, G]: own document or the teachers' best first, then one draw from each band of ranks."""
        rng, n = self.rng, len(queries)
        bands = self.o["bands"]
        positive = self.store.positive[queries]
        best = self.candidates[queries, 0]
        own = positive >= 0
        columns = [np.where(own, positive, best)]
        for low, high in bands:
            columns.append(self.candidates[queries, rng.integers(low, high, n)])
        docs = np.stack(columns, 1)
        if self.hard is not None:
            where, lists = self.hard
            row = where[queries]
            known = row >= 0
            for k in range(self.o["student_hard"]):
                picked = lists[row[known], rng.integers(0, lists.shape[1], int(known.sum()))]
                docs[known, docs.shape[1] - 1 - k] = picked
        return docs.astype(np.int64), own

    def batch(self) -> Batch:
        queries = self._queries()
        docs, own = self._documents(queries)
        ids, lengths = pack_rows(self.store.docs, docs.reshape(-1), self.o["length"])
        row, piece = piece_pairs(self.store.queries, queries)
        pin = torch.cuda.is_available()

        def tensor(a):
            t = torch.from_numpy(np.ascontiguousarray(a))
            return t.pin_memory() if pin else t

        return Batch(queries, docs.reshape(-1), tensor(ids), lengths, tensor(row), tensor(piece), own)

    def __iter__(self):
        """Endless; the thread ends with the generator."""
        ready: queue.Queue = queue.Queue(maxsize=4)
        closed = threading.Event()

        def work():
            while not closed.is_set():
                b = self.batch()
                while not closed.is_set():
                    try:
                        ready.put(b, timeout=1)
                        break
                    except queue.Full:
                        continue

        threading.Thread(target=work, daemon=True).start()
        try:
            while True:
                yield ready.get()
        finally:
            closed.set()
