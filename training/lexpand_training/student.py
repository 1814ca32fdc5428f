"""The document encoder and the query table.

Document: BERT body, masked-word head (dense, GELU, norm, decoder tied to the word embeddings), maximum over the
positions, log1p(relu). Query: one learned weight per word piece, no model (SparseStaticEmbedding of
sentence-transformers holds the same table after export).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .bert import Body, Linear, Norm, Packing, Shape

UNSEEN = 10.0
LEAK, LEAK_SLOPE = 0.5, 0.2
CHUNK = 8192  # token rows whose logits are in memory at a time


class DocumentEncoder(nn.Module):
    """forward: packed ids -> weights float32 [B, V]. Pieces outside `allowed` are never emitted."""

    def __init__(self, shape: Shape, allowed: torch.Tensor, logs: int = 1, dtype=torch.float32):
        super().__init__()
        self.body = Body(shape, dtype)
        self.dense = Linear(shape.hidden, shape.hidden)
        self.norm = Norm(shape.hidden, eps=shape.epsilon)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.logs = logs
        self.register_buffer("allowed", allowed)
        with torch.no_grad():
            self.dense.weight.copy_(torch.eye(shape.hidden))
            self.dense.bias.zero_()

    def hidden(self, ids, packing: Packing):
        """[T, H] in front of the decoder."""
        return self.norm(F.gelu(self.dense(self.body(ids, packing))))

    def forward(self, ids, packing: Packing):
        hidden = self.hidden(ids, packing)
        with torch.no_grad():
            best, where = strongest(hidden, packing, self.body.word.weight)
            margin = LEAK if self.training else 0.0
            active = ((best + self.bias) > -margin) & self.allowed
            row, piece = active.nonzero(as_tuple=True)
            at = where[row, piece]
        # Only active entries are computed with gradient: [B, S, V] logits never exist, and the backward pass touches
        # about a hundred rows a document instead of the whole vocabulary.
        left = hidden.float().index_select(0, at)
        right = self.body.word.weight.index_select(0, piece)
        logit = (left * right).sum(-1) + self.bias[piece]
        value = F.relu(logit)
        if self.training:  # pieces just below zero weigh nothing, but still feel that a query wants them
            below = logit.clamp(max=0)
            value = value + LEAK_SLOPE * (below - below.detach())
        for _ in range(self.logs):
            value = torch.log1p(value)
        return value.new_zeros(active.shape).index_put((row, piece), value)


def strongest(hidden, packing: Packing, decoder):
    """Largest logit of every sequence and piece, and its token. hidden [T, H] -> float [B, V], int64 [B, V]."""
    lengths = torch.tensor(packing.lengths)
    order = torch.argsort(lengths)
    pieces = len(decoder)
    decoder = F.pad(decoder.to(hidden.dtype), (0, 0, 0, -pieces % 64)).T  # an aligned product is twice as fast
    best = hidden.new_empty(len(lengths), pieces)
    where = torch.empty(best.shape, dtype=torch.int64, device=hidden.device)
    starts = torch.cumsum(lengths, 0) - lengths
    begin = 0
    while begin < len(order):
        longest = int(lengths[order[begin]])
        end = begin
        while end < len(order) and (end + 1 - begin) * int(lengths[order[end]]) <= max(CHUNK, int(lengths[order[end]])):
            longest = int(lengths[order[end]])
            end += 1
        rows = order[begin:end]
        place = torch.minimum(torch.arange(longest)[None], lengths[rows][:, None] - 1)  # the last token fills up
        token = (starts[rows][:, None] + place).to(hidden.device, non_blocking=True)
        rows = rows.to(hidden.device, non_blocking=True)
        logits = (hidden[token.reshape(-1)] @ decoder).view(*token.shape, -1)
        top = logits.max(1)
        best[rows] = top.values[:, :pieces]
        where[rows] = token.gather(1, top.indices[:, :pieces])
        begin = end
    return best, where


class QueryTable(nn.Module):
    """weight_j = idf_j * exp(delta_j) for allowed pieces: learned, and kept near the IDF in log space."""

    def __init__(self, idf: torch.Tensor, allowed: torch.Tensor):
        super().__init__()
        self.register_buffer("idf", torch.where(allowed, idf, torch.zeros_like(idf)))
        self.delta = nn.Parameter(torch.zeros_like(idf))

    def weights(self) -> torch.Tensor:
        return self.idf * torch.exp(self.delta)

    def forward(self, present):
        """present: bool [Q, V] -> float [Q, V]"""
        return present * self.weights()

    def distance(self, present) -> torch.Tensor:
        """Mean squared log ratio to the IDF over the pieces of these queries."""
        seen = present.any(0) & (self.idf > 0)
        return (self.delta**2 * seen).sum() / seen.sum().clamp(min=1)


def read_idf(path: str, vocabulary: list[str], bound: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(idf float [V], allowed bool [V]) of the published table.

    Not allowed on either side: special and unused pieces, and pieces below the bound, which own most postings and
    little relevance. The table says 1.0 for the 531 real pieces its corpus never showed: they are rare, so UNSEEN.
    """
    table = json.loads(Path(path).read_text())
    bracketed = [v.startswith("[") and v.endswith("]") and len(v) > 1 for v in vocabulary]
    value = [UNSEEN if table[v] == 1.0 and not b else table[v] for v, b in zip(vocabulary, bracketed)]
    allowed = [v >= bound and not b for v, b in zip(value, bracketed)]
    return torch.tensor(value), torch.tensor(allowed)
