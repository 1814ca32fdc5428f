"""A BERT-like body over packed sequences: no padding, one row per word piece.

Packing saves a fifth of the work on passages of mixed length. The same layers serve the student (BERT), the small
teachers (BERT) and MPNet (post-norm like BERT, plus a relative position bias). Parameters stay float32; activations
have the type of the embedding output, so bfloat16 training needs no autocast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention.varlen import varlen_attn


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 30522
    hidden: int = 384
    layers: int = 6
    heads: int = 12
    feed_forward: int = 1536
    positions: int = 512
    position_offset: int = 0
    epsilon: float = 1e-12
    relative_buckets: int = 0  # MPNet: 32


class Packing:
    """Where the sequences of a packed batch begin. lengths: python ints; T = their sum."""

    def __init__(self, lengths, device):
        self.lengths = [int(n) for n in lengths]
        self.longest = max(self.lengths)
        self.equal = min(self.lengths) == self.longest
        n = torch.tensor(self.lengths, dtype=torch.int32)
        self.starts = F.pad(n.cumsum(0, dtype=torch.int32), (1, 0)).to(device, non_blocking=True)
        self.sizes = n.to(device, non_blocking=True)
        self.total = sum(self.lengths)

    def row_of_token(self) -> torch.Tensor:
        """int64 [T]: the sequence every token belongs to."""
        rows = torch.arange(len(self.lengths), device=self.starts.device)
        return rows.repeat_interleave(self.sizes, output_size=self.total)

    def positions(self) -> torch.Tensor:
        """int64 [T]: place of every token inside its sequence."""
        ahead = self.starts[:-1].repeat_interleave(self.sizes, output_size=self.total)
        return torch.arange(self.total, device=ahead.device) - ahead


class Linear(nn.Linear):
    def forward(self, x):
        return F.linear(x, self.weight.to(x.dtype), None if self.bias is None else self.bias.to(x.dtype))


class Norm(nn.LayerNorm):
    def forward(self, x):
        return F.layer_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)


class Layer(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.heads = s.heads
        self.dropout = 0.0  # training only; set by Body.drop
        self.qkv = Linear(s.hidden, 3 * s.hidden)
        self.out = Linear(s.hidden, s.hidden)
        self.norm1 = Norm(s.hidden, eps=s.epsilon)
        self.up = Linear(s.hidden, s.feed_forward)
        self.down = Linear(s.feed_forward, s.hidden)
        self.norm2 = Norm(s.hidden, eps=s.epsilon)

    def forward(self, x, packing: Packing, bias):
        q, k, v = self.qkv(x).view(len(x), 3, self.heads, -1).unbind(1)  # each [T, heads, d]
        mixed = self.out(attend(q, k, v, packing, bias).reshape(len(x), -1))
        x = self.norm1(x + F.dropout(mixed, self.dropout, self.training))
        return self.norm2(x + F.dropout(self.down(F.gelu(self.up(x))), self.dropout, self.training))


def attend(q, k, v, packing: Packing, bias):
    """Softmax attention inside every sequence. q, k, v: [T, heads, d]; bias: None or [1, heads, S, S]."""
    if packing.equal:
        shape = (len(packing.lengths), packing.longest, *q.shape[1:])
        q, k, v = (t.reshape(shape).transpose(1, 2) for t in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias).transpose(1, 2).reshape(-1, *shape[2:])
    if bias is not None:
        raise ValueError("[bert] a relative position bias needs sequences of one length in the batch")
    if q.is_cuda and q.dtype != torch.float32:
        return varlen_attn(q, k, v, packing.starts, packing.starts, packing.longest, packing.longest)
    row, column = packing.row_of_token(), packing.positions()
    shape = (len(packing.lengths), packing.longest, *q.shape[1:])
    mask = torch.zeros(shape[:2], dtype=torch.bool, device=q.device)
    mask[row, column] = True
    padded = [t.new_zeros(shape).index_put((row, column), t).transpose(1, 2) for t in (q, k, v)]
    return F.scaled_dot_product_attention(*padded, attn_mask=mask[:, None, None]).transpose(1, 2)[row, column]


class Body(nn.Module):
    """Embeddings and layers. forward: ids int64 [T] -> hidden states [T, H]."""

    def __init__(self, shape: Shape, dtype=torch.float32):
        super().__init__()
        self.shape, self.dtype = shape, dtype
        self.word = nn.Embedding(shape.vocabulary, shape.hidden)
        self.position = nn.Embedding(shape.positions, shape.hidden)
        self.norm = Norm(shape.hidden, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        if shape.relative_buckets:
            self.relative = nn.Embedding(shape.relative_buckets, shape.heads)

    def drop(self, share: float) -> None:
        """Dropout behind every sublayer while the model is in training mode."""
        for layer in self.layers:
            layer.dropout = share

    def forward(self, ids, packing: Packing):
        x = self.word(ids) + self.position(packing.positions() + self.shape.position_offset)
        x = self.norm(x.to(self.dtype))
        bias = self.relative_bias(packing.longest) if self.shape.relative_buckets else None
        for layer in self.layers:
            x = layer(x, packing, bias)
        return x

    def relative_bias(self, length: int):
        """[1, heads, S, S] as in MPNet and T5: exact near distances, logarithmic far ones up to 128."""
        n = torch.arange(length, device=self.word.weight.device)
        distance = n[:, None] - n[None, :]  # context - memory
        half = self.shape.relative_buckets // 2
        far = distance.abs().clamp(min=1).float()
        exact = half // 2
        logarithmic = exact + (torch.log(far / exact) / math.log(128 / exact) * (half - exact)).long()
        near = torch.where(distance.abs() < exact, distance.abs(), logarithmic.clamp(max=half - 1))
        bucket = near + (distance < 0) * half
        return self.relative(bucket).permute(2, 0, 1)[None].to(self.dtype)
