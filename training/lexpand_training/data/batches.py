"""Training batches: packed documents and queries, assembled on the CPU while the GPU works."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

import numpy as np
import torch

from ..settings import Batch as Options
from .store import CLS, SEP, Ragged, TokenStore


def pack_rows(texts: Ragged, rows: np.ndarray, limit) -> tuple[np.ndarray, np.ndarray]:
    """[CLS] text [SEP] of every row, one behind the other, each of at most `limit` ids (one number, or one a row).

    Returns ids int64 [T] and lengths int64 [len(rows)].
    """
    body = np.minimum(texts.lengths[rows], limit - 2)
    lengths = body + 2
    ends = np.cumsum(lengths)
    starts = ends - lengths
    source = np.repeat(texts.offsets[rows] - starts - 1, lengths) + np.arange(ends[-1])
    ids = texts.flat[np.clip(source, 0, len(texts.flat) - 1)].astype(np.int64)
    ids[starts], ids[ends - 1] = CLS, SEP
    return ids, lengths


def piece_pairs(texts: Ragged, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(place in rows, piece) of every piece of these texts."""
    lengths = texts.lengths[rows]
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
    titled: torch.Tensor  # int64 [N]: places of the documents that get their title's vector on top
    title_ids: torch.Tensor  # int64 [T'], their packed titles
    title_lengths: np.ndarray
    source: torch.Tensor  # int64 [Q]: the source of the first document of every group


class Sampler:
    """Chooses queries by kind and candidates by rank; runs in a thread, a few batches ahead."""

    def __init__(self, store: TokenStore, candidates: np.ndarray, options: Options, seed: int):
        self.store, self.candidates, self.options = store, candidates, options
        self.hard: tuple[np.ndarray, np.ndarray] | None = None  # (row of query or -1, int32 [n, depth])
        self.rng = np.random.default_rng(seed)
        self.cumulative = np.cumsum(self._probabilities())

    def _probabilities(self) -> np.ndarray:
        """Every kind has its share; inside a kind, small sources are drawn more often than their size says."""
        store, probability = self.store, np.zeros(len(self.store.queries))
        for kind, share in enumerate(self.options.mix):
            rows = np.flatnonzero(store.query_kind == kind)
            if len(rows):
                size = np.bincount(store.query_source[rows], minlength=256)[store.query_source[rows]]
                weight = size ** (self.options.temper - 1.0)
                probability[rows] = share * weight / weight.sum()
        return probability / probability.sum()

    def _queries(self) -> np.ndarray:
        drawn = self.rng.random(self.options.queries) * self.cumulative[-1]
        return np.minimum(np.searchsorted(self.cumulative, drawn, side="right"), len(self.store.queries) - 1)

    def _documents(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """int64 [Q, G]: own document or the teachers' best first, then one draw from each band of ranks."""
        rng, count = self.rng, len(queries)
        positive = self.store.positive[queries]
        best = self.candidates[queries, 0]
        own = positive >= 0
        columns = [np.where(own, positive, best)]
        for low, high in self.options.bands:
            columns.append(self.candidates[queries, rng.integers(low, high, count)])
        docs = np.stack(columns, 1)
        if self.hard is not None:
            where, lists = self.hard
            row = where[queries]
            known = row >= 0
            for k in range(self.options.student_hard):
                picked = lists[row[known], rng.integers(0, lists.shape[1], int(known.sum()))]
                docs[known, docs.shape[1] - 1 - k] = picked
        return docs.astype(np.int64), own

    def _titled(self, docs: np.ndarray) -> np.ndarray:
        """Places in docs whose title counts twice, as it does where a field of its own is indexed."""
        if not self.options.title_share:
            return np.zeros(0, np.int64)
        return np.flatnonzero((self.store.title_lengths[docs] > 0) & (self.rng.random(len(docs)) < self.options.title_share))

    def batch(self) -> Batch:
        queries = self._queries()
        grouped, own = self._documents(queries)
        docs = grouped.reshape(-1)
        long = self.options.long_share and self.rng.random() < self.options.long_share
        ids, lengths = pack_rows(self.store.docs, docs, self.options.long_length if long else self.options.length)
        titled = self._titled(docs)
        title_ids, title_lengths = np.zeros(0, np.int64), np.zeros(0, np.int64)
        if len(titled):
            rows = docs[titled]
            title_ids, title_lengths = pack_rows(self.store.docs, rows, self.store.title_lengths[rows].astype(np.int64) + 2)
        row, piece = piece_pairs(self.store.queries, queries)
        pin = torch.cuda.is_available()

        def tensor(a):
            t = torch.from_numpy(np.ascontiguousarray(a))
            return t.pin_memory() if pin else t

        source = self.store.doc_source[grouped[:, 0]].astype(np.int64)
        return Batch(
            queries,
            docs,
            tensor(ids),
            lengths,
            tensor(row),
            tensor(piece),
            own,
            tensor(titled),
            tensor(title_ids),
            title_lengths,
            tensor(source),
        )

    def __iter__(self):
        """Endless; the thread ends with the generator."""
        ready: queue.Queue = queue.Queue(maxsize=4)
        closed = threading.Event()

        def work():
            while not closed.is_set():
                batch = self.batch()
                while not closed.is_set():
                    try:
                        ready.put(batch, timeout=1)
                        break
                    except queue.Full:
                        continue

        threading.Thread(target=work, daemon=True).start()
        try:
            while True:
                yield ready.get()
        finally:
            closed.set()
