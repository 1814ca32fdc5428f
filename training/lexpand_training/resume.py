"""A shipped file with float arithmetic back to a checkpoint, so that training goes on from it without its history.

Its matrices are int8 rows (quantise.py): the checkpoint holds what they stand for, and its figures are those of the file.
The exporter names few tensors but writes all of them in the order of the forward pass.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from .bert import Shape
from .checkpoint import activation_type
from .student import DocumentEncoder, QueryTable


def tensors(path: Path) -> list[torch.Tensor]:
    """Every initialiser that is no part of another, int8 rows multiplied by their scales."""
    raw = {i.name: numpy_helper.to_array(i) for i in onnx.load(str(path)).graph.initializer}
    whole = []
    for name, value in raw.items():
        base, _, part = name.rpartition(".")
        if part == "int8":
            whole.append(torch.from_numpy(value * raw[f"{base}.scale"][:, None]))
        elif part not in ("scale", "zero"):
            whole.append(torch.from_numpy(value.copy()))
    return whole


@torch.no_grad()
def read_shipped(path: Path, idf: torch.Tensor, logs: int, device: str, shape: Shape = Shape()) -> tuple[DocumentEncoder, QueryTable]:
    """The file's keep vector says which pieces are allowed; every tensor must have the shape of its parameter."""
    keep, bias, *rest = tensors(path)
    allowed = keep > 0
    model = DocumentEncoder(shape, allowed, logs, activation_type(device))
    order = [model.body.word.weight, model.body.position.weight, *model.body.norm.parameters()]
    for layer in model.body.layers:
        order += layer.parameters()
    order += [*model.dense.parameters(), *model.norm.parameters()]
    for parameter, value in zip([model.bias, *order], [bias, *rest], strict=True):
        if parameter.shape != value.shape:
            raise ValueError(f"[resume] expected a tensor of shape {tuple(parameter.shape)} in {path}, got {tuple(value.shape)}")
        parameter.copy_(value)
    return model.to(device), QueryTable(idf, allowed).to(device)
