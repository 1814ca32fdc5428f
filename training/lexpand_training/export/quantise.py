"""int8 weights per output row: what the shipped file holds, computed in float.

The head's dense matrix stays float: it begins as the identity, and beside a diagonal near one a row of 255 steps rounds
everything else to nothing.
"""

from __future__ import annotations

import copy

import torch


def int8_rows(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """float [N, H] -> int8 [N, H], float scale [N]"""
    scale = weight.abs().amax(1).clamp(min=1e-12) / 127
    return torch.round(weight / scale[:, None]).clamp(-127, 127).to(torch.int8), scale


def quantised(name: str, parameter: torch.Tensor) -> bool:
    return parameter.ndim == 2 and name != "dense.weight"


@torch.no_grad()
def as_shipped(model):
    """A copy whose matrices went through int8: its figures are those of the shipped file."""
    model = copy.deepcopy(model)
    for name, p in model.named_parameters():
        if quantised(name, p):
            q, scale = int8_rows(p.float())
            p.copy_(q * scale[:, None])
    return model
