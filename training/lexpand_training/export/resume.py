"""A shipped file back to a checkpoint, so that training goes on from it without its history.

Its matrices are int8 rows (quantise.py): the checkpoint holds what they stand for, and its figures are those of the file.
Both kinds of file name few tensors but write all of them in the order of the forward pass.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import TensorProto, numpy_helper

from ..model import pack
from ..model.bert import Shape
from ..model.checkpoint import activation_type
from ..model.student import DocumentEncoder, QueryTable
from .fast_graph import GELU_LEAST


@torch.no_grad()
def read_shipped(path: Path, idf: torch.Tensor, logs: int, device: str, shape: Shape = Shape()) -> tuple[DocumentEncoder, QueryTable]:
    """The file says which pieces are allowed; every tensor must have the shape of its parameter."""
    graph = onnx.load(str(path)).graph
    integers = any(node.op_type == "MatMulIntegerToFloat" for node in graph.node)
    allowed, bias, rest = (integer_tensors if integers else float_tensors)(graph)
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


def has_names(path: Path) -> bool:
    return any("encoder.layer.0" in i.name for i in onnx.load(str(path)).graph.initializer)


@torch.no_grad()
def read_named(path: Path, idf: torch.Tensor, device: str, shape: Shape = Shape()) -> tuple[DocumentEncoder, QueryTable]:
    """The pilot's file, which has the names of its library: one logarithm, and the published table for every piece it keeps."""
    named = {name.removeprefix("s."): value for name, value in pack.read_onnx(path).items()}
    allowed = torch.from_numpy(named["keep"].copy()) > 0
    model = DocumentEncoder(shape, allowed, 1, activation_type(device))
    body = pack.body_state(named, shape.layers)
    head = {"bias": named["bias"], "norm.weight": named["ln.weight"], "norm.bias": named["ln.bias"]}
    head |= {f"dense.{part}": named[f"dense.{part}"] for part in ("weight", "bias")}
    state = {f"body.{k}": v for k, v in body.items()} | head
    model.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in state.items()} | {"allowed": allowed})
    return model.to(device), QueryTable(idf, allowed).to(device)


def float_tensors(graph) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    """(allowed, bias, the rest) of a file with float arithmetic: int8 rows are multiplied by their scales."""
    raw = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    whole = []
    for name, value in raw.items():
        base, _, part = name.rpartition(".")
        if part == "int8":
            whole.append(torch.from_numpy(value * raw[f"{base}.scale"][:, None]))
        elif part not in ("scale", "zero"):
            whole.append(torch.from_numpy(value.copy()))
    keep, bias, *rest = whole
    return keep > 0, bias, rest


def integer_tensors(graph) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    """The same of a file with integer products, by the order in which fast_graph.py writes them.

    What that file leaves out, the bias of pieces that are never emitted, is 0. Scalars and shapes are no parameters.
    """
    values = [
        numpy_helper.to_array(i)
        for i in graph.initializer
        if i.data_type in (TensorProto.INT8, TensorProto.FLOAT) or max(i.dims, default=0) > 8
    ]
    values = [torch.from_numpy(v.copy()) for v in values if v.size > 1]
    emitted = values[-1]  # ids in column order
    column = next(i for i, v in enumerate(values) if v.dtype == torch.int64)
    words = torch.cat(values[:column], 1).T.float() * values[column + 1]
    word = words[values[column]]
    rest = iter(values[column + 2 : -3])
    tensors = [word, next(rest), next(rest), next(rest)]  # words, positions, norm
    middle = list(rest)
    dense = middle[-4:]
    middle = iter(middle[:-4])
    for first in middle:
        tensors += layer_tensors(first, middle)
    tensors += [dense[0].T, *dense[1:]]
    allowed = torch.zeros(len(word), dtype=torch.bool)
    allowed[emitted] = True
    bias = torch.zeros(len(word))
    bias[emitted] = values[-2]
    return allowed, bias, tensors


def layer_tensors(first: torch.Tensor, rest) -> list[torch.Tensor]:
    """Query, key and value in three products; the shift of the second activation is part of the last bias."""

    def matrix(q=None):
        return (next(rest) if q is None else q).float().T * next(rest)[:, None]

    qkv = torch.cat([matrix(first), matrix(), matrix()])
    qkv_bias = next(rest)
    out, out_bias, *norm1 = matrix(), next(rest), next(rest), next(rest)
    up, up_bias = matrix(), next(rest)
    down, shifted, *norm2 = matrix().contiguous(), next(rest), next(rest), next(rest)
    return [qkv, qkv_bias, out, out_bias, *norm1, up, up_bias, down, shifted + GELU_LEAST * down.sum(1), *norm2]
