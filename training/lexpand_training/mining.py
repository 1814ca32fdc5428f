"""Candidates: the documents a query is compared with in training, from the teachers and from the student itself."""

from __future__ import annotations

import torch


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
    weights = [
        (query_pieces(rows[i : i + query_chunk]) * table).to(torch.bfloat16) for i in range(0, len(rows), query_chunk)
    ]
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
