"""The document encoder and the query table.

Document: BERT body, masked-word head (dense, GELU, norm, decoder tied to the word embeddings), maximum over the
positions, log1p(relu). Query: one weight per word piece, no model
(SparseStaticEmbedding of sentence-transformers holds the same table after export).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .bert import Body, Linear, Norm, Packing, Shape

UNSEEN = 10.0
CHUNK = 8192  # token rows whose logits are in memory at a time
PAIRS = 1 << 18  # (token, piece) pairs whose products are in memory at a time


class Dots(torch.autograd.Function):
    """hidden[at] . word[piece] of many pairs -> float32 [P], a chunk at a time in both directions.

    A fresh model has thousands of active pieces a document: their products do not fit into memory side by side.
    """

    @staticmethod
    def forward(ctx, hidden, word, at, piece):
        ctx.save_for_backward(hidden, word, at, piece)
        chunks = zip(at.split(PAIRS), piece.split(PAIRS))
        parts = [(hidden.index_select(0, a).float() * word.index_select(0, p)).sum(-1) for a, p in chunks]
        return torch.cat(parts) if parts else word.new_zeros(0)

    @staticmethod
    def backward(ctx, grad):
        hidden, word, at, piece = ctx.saved_tensors
        to_hidden = torch.zeros(hidden.shape, device=hidden.device)
        to_word = torch.zeros_like(word)
        for a, p, g in zip(at.split(PAIRS), piece.split(PAIRS), grad.split(PAIRS)):
            to_hidden.index_add_(0, a, g[:, None] * word.index_select(0, p))
            to_word.index_add_(0, p, g[:, None] * hidden.index_select(0, a).float())
        return to_hidden.to(hidden.dtype), to_word, None, None


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
            active = (best + self.bias > 0) & self.allowed
            row, piece = active.nonzero(as_tuple=True)
            at = where[row, piece]
        # Only active entries are computed with gradient: [B, S, V] logits never exist, and the backward pass touches
        # about a hundred rows a document instead of the whole vocabulary.
        logit = Dots.apply(hidden, self.body.word.weight, at, piece) + self.bias[piece]
        value = F.relu(logit)
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


class QueryTable:
    """float [V]: the published IDF of every allowed piece, 0 for the others. It is not learned: a learned one followed the
    mix of the training sources and lost .002 on other collections (RUNS.md)."""

    def __init__(self, idf: torch.Tensor, allowed: torch.Tensor):
        self.weights = torch.where(allowed, idf, torch.zeros_like(idf))

    def to(self, device) -> QueryTable:
        self.weights = self.weights.to(device)
        return self


def read_idf(path: str, vocabulary: list[str], bound: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(idf float [V], allowed bool [V]) of the published table, or of a shipped one, which lacks what is not allowed.

    Not allowed on either side: special and unused pieces, and pieces below the bound, which own most postings and
    little relevance. The published table says 1.0 for the 531 real pieces its corpus never showed: they are rare, so
    UNSEEN.
    """
    table = json.loads(Path(path).read_text())
    bracketed = [v.startswith("[") and v.endswith("]") and len(v) > 1 for v in vocabulary]
    found = [table.get(v, 0.0) for v in vocabulary]
    value = [UNSEEN if f == 1.0 and not b else f for f, b in zip(found, bracketed)]
    allowed = [v >= bound and not b for v, b in zip(value, bracketed)]
    return torch.tensor(value), torch.tensor(allowed)
