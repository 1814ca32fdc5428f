"""Candidates: the documents a query is compared with in training, from the teachers and from the student itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..data.batches import pack_rows, piece_pairs
from ..data.store import TokenStore
from ..model.bert import Packing
from ..model.student import DocumentEncoder
from ..settings import Batch as Options


@torch.inference_mode()
def by_teachers(queries: list[torch.Tensor], docs: list[torch.Tensor], depth: int, chunk: int = 1024) -> torch.Tensor:
    """Best `depth` documents by the sum of the teachers' similarities, each divided by its standard deviation.

    queries, docs: per teacher float16 [N, H] on one device. Returns int32 [Q, depth] on the CPU. Exact search.
    """
    scaled = []
    for q, d in zip(queries, docs):
        sample = q[:: max(1, len(q) // 500)].float() @ d[:: max(1, len(d) // 5000)].float().T
        centre = d.float().mean(0)  # the same shift for every document of a query: smaller numbers, finer half floats
        scaled.append((q, ((d.float() - centre) / sample.std(1).mean()).half()))
    wide = torch.cat([d for _, d in scaled], 1)
    out = []
    for i in range(0, len(queries[0]), chunk):
        q = torch.cat([q[i : i + chunk] for q, _ in scaled], 1)
        out.append((q @ wide.T).topk(depth, dim=1).indices.int().cpu())
    return torch.cat(out)


@torch.inference_mode()
def by_student(query_pieces, table, vectors, rows, depth: int, query_chunk: int = 16384) -> torch.Tensor:
    """Best `depth` documents by the student's own score.

    query_pieces(rows) -> bool [n, V] on the device; vectors: iterable of (document ids int64 [n], dense float [n, V])
    chunks on the device, read once. Returns int32 [len(rows), depth] on the CPU.
    """
    weights = [(query_pieces(rows[i : i + query_chunk]) * table).to(torch.bfloat16) for i in range(0, len(rows), query_chunk)]
    best = [None] * len(weights)
    for documents, dense in vectors:
        dense = dense.to(torch.bfloat16).T.contiguous()
        for i, w in enumerate(weights):
            top = (w @ dense).topk(min(depth, dense.shape[1]), dim=1)
            value, index = top.values, documents[top.indices].int()
            if best[i] is not None:
                value, index = torch.cat([best[i][0], value], 1), torch.cat([best[i][1], index], 1)
                keep = value.topk(depth, dim=1)
                value, index = keep.values, index.gather(1, keep.indices)
            best[i] = (value, index)
    return torch.cat([b[1].cpu() for b in best])


@dataclass
class Mined:
    """What the student finds in a sample of the documents, and how often its pieces occur there."""

    where: np.ndarray  # int64 [Q]: row in `lists`, or -1
    lists: np.ndarray  # int32 [n, depth]
    frequency: np.ndarray  # int32 [S, V]: documents of a source that carry a piece
    sizes: np.ndarray  # int64 [S]: documents of a source in the sample


@torch.inference_mode()
def of_student(model: DocumentEncoder, table: torch.Tensor, store: TokenStore, options: Options, seed: int, device: str) -> Mined:
    """The student's own best documents from a sample, for some queries."""
    training = model.training
    model.eval()
    chosen = np.flatnonzero(np.isin(store.query_kind, options.student_kinds))
    rng = np.random.default_rng(seed)
    rows = rng.permutation(chosen)[: options.student_queries]

    def present(part):
        row, piece = piece_pairs(store.queries, part)
        out = torch.zeros(len(part), len(table), dtype=torch.bool, device=device)
        out[torch.from_numpy(row).to(device), torch.from_numpy(piece).to(device)] = True
        return out

    sample = rng.permutation(len(store.docs))[: options.student_documents]
    frequency = torch.zeros(len(store.sources), len(table), device=device)
    source = torch.from_numpy(store.doc_source.astype(np.int64)).to(device)

    def counted():
        for documents, dense in document_vectors(model, store, sample, options.length, device):
            frequency.index_add_(0, source[documents], (dense > 0).float())
            yield documents, dense

    lists = by_student(present, table, counted(), rows, options.student_depth)
    model.train(training)
    where = np.full(len(store.queries), -1, np.int64)
    where[rows] = np.arange(len(rows))
    sizes = np.bincount(store.doc_source[sample], minlength=len(store.sources))
    return Mined(where, lists.numpy(), frequency.int().cpu().numpy(), sizes)


def document_vectors(model: DocumentEncoder, store: TokenStore, rows, length: int, device: str, group: int = 1024, stack: int = 8):
    """Yields (document ids int64 [n], float32 [n, V]) of these documents."""
    for first in range(0, len(rows), group * stack):
        part = rows[first : first + group * stack]
        dense = []
        for at in range(0, len(part), group):
            ids, lengths = pack_rows(store.docs, part[at : at + group], length)
            dense.append(model(torch.from_numpy(ids).to(device), Packing(lengths, device)))
        yield torch.from_numpy(part).to(device), torch.cat(dense)
