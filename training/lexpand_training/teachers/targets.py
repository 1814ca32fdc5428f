"""What the student is asked to rank like: the teachers' scores of every batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..data.batches import Batch
from . import losses
from .lexical import query_matrix
from .postings import Postings


@dataclass
class Targets:
    """The teachers' knowledge, resident on the device."""

    documents: list[torch.Tensor]  # per dense teacher float16 [D, H]
    queries: list[torch.Tensor]  # per dense teacher float16 [Q, H]
    stems: Postings
    pieces: Postings
    sparse: dict[str, Postings]  # vectors of encoders like the student, and their query table
    query_stems: tuple[np.ndarray, np.ndarray]  # (offsets [Q + 1], hashed stems)
    weights: list[float]  # of the dense teachers, the stems and the pieces
    sparse_weights: dict[str, float]  # of those sparse teachers that are asked
    bonus: float

    @torch.no_grad()
    def scores(self, batch: Batch, present, device: str) -> tuple[torch.Tensor, torch.Tensor]:
        """(ensemble [Q, D], BM25 over stems [Q, D]): every document of the batch is a candidate of every query.

        present: bool [Q, V], pieces of the queries.
        """
        queries, docs = torch.from_numpy(batch.queries).to(device), torch.from_numpy(batch.docs).to(device)
        scores = [q[queries].float() @ d[docs].float().T for q, d in zip(self.queries, self.documents)]
        stems = self.words(batch.queries, device) @ self.stems.dense(batch.docs).T
        scores += [stems, present.float() @ self.pieces.dense(batch.docs).T]
        scores += [present.float() @ self.sparse[name].dense(batch.docs).T for name in self.sparse_weights]
        first = torch.from_numpy(batch.docs[:: len(batch.docs) // len(batch.queries)]).to(device)
        own = (docs[None] == first[:, None]) & torch.from_numpy(batch.own).to(device)[:, None]
        return losses.ensemble(scores, [*self.weights, *self.sparse_weights.values()], own, self.bonus), stems

    def words(self, queries: np.ndarray, device: str) -> torch.Tensor:
        """float32 [Q, BUCKETS]: stems of these queries."""
        offsets, stems = self.query_stems
        sizes = offsets[queries + 1] - offsets[queries]
        ahead = np.cumsum(sizes) - sizes
        index = np.repeat(offsets[queries] - ahead, sizes) + np.arange(sizes.sum())
        return query_matrix(np.repeat(np.arange(len(queries)), sizes), stems[index], len(queries), device)
