"""Checkpoint to the shipped ONNX file: integer products of int8 weights and int8 activations.

Twice to three times the documents a second of float arithmetic on processors with VNNI, in half the memory. What makes
it so, and what keeps the figures:

- One scale per word piece for activations in the body, one per document in front of the decoder, all computed in the
  graph: no calibration data, and neither padding nor the other documents of a batch change a vector, as one scale for
  the whole batch (DynamicQuantizeLinear) would.
- The decoder's maximum over positions is taken on integers; scales, bias, logarithm and TopK touch [B, V] only.
- The decoder is cut into blocks of columns whose [B, S, block] integers stay in the processor's cache, and has no
  columns for pieces that are never emitted. The word embeddings are the same columns, one copy in the file.
- The activations around GELU are shifted so that all 255 steps are used: GELU is never below -GELU_LEAST.
- The dense matrix of the head stays float (quantise.py).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from ..model.student import DocumentEncoder
from .quantise import int8_rows

OPSET = 20
TOP = 512
# Decoder columns of one product. Not near a power of two: the maximum over positions then steps through memory by a
# distance that maps to few cache sets (at 2048 it takes four times as long).
BLOCK = 576
MIDDLE = 128  # the unsigned step that stands for zero
GELU_LEAST = 0.17


class Builder:
    """Nodes and constants of a graph; every method returns the name of what it made."""

    def __init__(self):
        self.nodes, self.constants, self.known = [], [], {}

    def node(self, op: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes):
        names = [f"{op}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def fused(self, op: str, *inputs: str, **attributes):
        return self.node(op, *inputs, domain="com.microsoft", **attributes)

    def constant(self, value) -> str:
        value = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self.known:
            self.known[key] = f"c{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), self.known[key]))
        return self.known[key]

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def scalar(self, value: float) -> str:
        return self.constant(np.float32(value))


def row_steps(g: Builder, x: str, signed: bool) -> tuple[str, str]:
    """float [T, N] -> uint8 [T, N], float scale [T]: around MIDDLE where signed, else from zero."""
    largest = g.node("ReduceMax", x, g.ints(1), keepdims=0)
    if signed:
        largest = g.node("Max", largest, g.node("Neg", g.node("ReduceMin", x, g.ints(1), keepdims=0)))
    scale = g.node("Mul", g.node("Max", largest, g.scalar(1e-9)), g.scalar(1 / (127 if signed else 255)))
    zero = g.node("Expand", g.constant(np.uint8(MIDDLE if signed else 0)), g.node("Shape", scale))
    return g.node("QuantizeLinear", x, scale, zero, axis=0), scale


def columns(weight: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """float [N, H] as in torch -> int8 [H, N], float [N]"""
    q, scale = int8_rows(weight.detach().float().cpu())
    return np.ascontiguousarray(q.numpy().T), scale.numpy()


def product(g: Builder, steps: str, zero: int, scale: str, weight: torch.Tensor) -> str:
    """uint8 [T, H] with one scale a row times the weight of a linear layer -> float [T, N], without its bias."""
    q, s = columns(weight)
    one = g.scalar(1.0)
    raw = g.fused("MatMulIntegerToFloat", steps, g.constant(q), one, g.constant(s), g.constant(np.uint8(zero)))
    return g.node("Mul", raw, g.node("Unsqueeze", scale, g.ints(1)))


def layer_norm(g: Builder, x: str, norm) -> str:
    return g.node("LayerNormalization", x, g.constant(norm.weight), g.constant(norm.bias), epsilon=norm.eps, axis=-1)


def residual_norm(g: Builder, x: str, skip: str, bias, norm) -> str:
    # SkipLayerNormalization is slower than its parts (onnxruntime 1.30, CPU).
    return layer_norm(g, g.node("Add", g.node("Add", x, g.constant(bias)), skip), norm)


def transformer_layer(g: Builder, x: str, layer, heads: int, present: str, batched: str, flat: str) -> str:
    """x: [T, H]; present: int32 [B, S]; batched, flat: the shapes [B, S, H] and [B * S, H]."""
    steps, scale = row_steps(g, x, signed=True)
    query, key, value = (g.node("Reshape", product(g, steps, MIDDLE, scale, w), batched) for w in layer.qkv.weight.chunk(3))
    mixed = g.fused("MultiHeadAttention", query, key, value, g.constant(layer.qkv.bias), present, num_heads=heads)
    steps, scale = row_steps(g, g.node("Reshape", mixed, flat), signed=True)
    x = residual_norm(g, product(g, steps, MIDDLE, scale, layer.out.weight), x, layer.out.bias, layer.norm1)
    steps, scale = row_steps(g, x, signed=True)
    inner = g.node("Gelu", g.node("Add", product(g, steps, MIDDLE, scale, layer.up.weight), g.constant(layer.up.bias)))
    steps, scale = row_steps(g, g.node("Add", inner, g.scalar(GELU_LEAST)), signed=False)
    q, s = int8_rows(layer.down.weight.detach().float().cpu())
    unshift = layer.down.bias.detach().cpu() - GELU_LEAST * (q.float() * s[:, None]).sum(1)
    return residual_norm(g, product(g, steps, 0, scale, layer.down.weight), x, unshift, layer.norm2)


def vocabulary(model: DocumentEncoder) -> tuple[torch.Tensor, torch.Tensor]:
    """(ids in column order, those emitted first; column of every id)"""
    allowed = model.allowed.cpu()
    order = torch.cat([allowed.nonzero().flatten(), (~allowed).nonzero().flatten()])
    return order, torch.argsort(order)


def build(model: DocumentEncoder, top: int = TOP) -> onnx.ModelProto:
    """input_ids, attention_mask int64 [B, S] -> weights float [B, K], token_ids int64 [B, K], descending"""
    g, body = Builder(), model.body
    hidden, emitted = body.shape.hidden, int(model.allowed.sum())
    order, column = vocabulary(model)
    q, s = columns(body.word.weight.detach().cpu()[order])
    edges = [*range(0, emitted, BLOCK), emitted]
    blocks = [g.constant(q[:, a:b]) for a, b in zip(edges, edges[1:])]
    unused = [g.constant(q[:, emitted:])] if emitted < len(order) else []

    shape = g.node("Shape", "input_ids")
    length = g.node("Slice", shape, g.ints(1), g.ints(2))
    batched = g.node("Concat", shape, g.ints(hidden), axis=0)
    flat = g.ints(-1, hidden)
    at = g.node("Gather", g.constant(column), "input_ids")
    # Folded when the session opens: rows lie together, which a gather along the columns does not have.
    rows = g.node("Transpose", g.node("Concat", *blocks, *unused, axis=1), perm=[1, 0])
    word = g.node("Cast", g.node("Gather", rows, at), to=TensorProto.FLOAT)
    word = g.node("Mul", word, g.node("Gather", g.constant(s[:, None]), at))
    offset = body.shape.position_offset
    place = g.node("Slice", g.constant(body.position.weight[offset:]), g.ints(0), length)
    x = g.node("Reshape", layer_norm(g, g.node("Add", word, place), body.norm), flat)
    present = g.node("Cast", "attention_mask", to=TensorProto.INT32)
    for layer in body.layers:
        x = transformer_layer(g, x, layer, body.shape.heads, present, batched, flat)

    dense = g.node("MatMul", x, g.constant(model.dense.weight.detach().T.contiguous()))
    x = layer_norm(g, g.node("Gelu", g.node("Add", dense, g.constant(model.dense.bias))), model.norm)
    # Padding becomes a copy of [CLS], which the maximum does not notice.
    x = g.node("Reshape", x, batched)
    real = g.node("Unsqueeze", g.node("Cast", "attention_mask", to=TensorProto.BOOL), g.ints(2))
    x = g.node("Where", real, x, g.node("Slice", x, g.ints(0), g.ints(1), g.ints(1)))
    steps, scale = row_steps(g, g.node("Reshape", x, g.node("Concat", g.node("Slice", shape, g.ints(0), g.ints(1)), g.ints(-1), axis=0)), signed=True)
    steps = g.node("Reshape", steps, flat)
    best = []
    for a, b, block in zip(edges, edges[1:], blocks):
        integers = g.node("MatMulInteger", steps, block, g.constant(np.uint8(MIDDLE)))
        cube = g.node("Reshape", integers, g.node("Concat", shape, g.ints(b - a), axis=0))
        best.append(g.node("ReduceMax", cube, g.ints(1), keepdims=0))
    value = g.node("Cast", g.node("Concat", *best, axis=1), to=TensorProto.FLOAT)
    value = g.node("Mul", g.node("Mul", value, g.constant(s[:emitted])), g.node("Unsqueeze", scale, g.ints(1)))
    value = g.node("Relu", g.node("Add", value, g.constant(model.bias.detach().float().cpu()[order[:emitted]])))
    for _ in range(model.logs):
        value = g.node("Log", g.node("Add", value, g.scalar(1.0)))
    weights, columns_ = g.node("TopK", value, g.ints(min(top, emitted)), outputs=2, axis=-1)
    ids = g.node("Gather", g.constant(order[:emitted]), columns_)
    g.nodes.append(helper.make_node("Identity", [weights], ["weights"]))
    g.nodes.append(helper.make_node("Identity", [ids], ["token_ids"]))

    ints, floats = TensorProto.INT64, TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(n, ints, ["batch", "seq"]) for n in ("input_ids", "attention_mask")]
    k = min(top, emitted)
    outputs = [helper.make_tensor_value_info("weights", floats, ["batch", k]), helper.make_tensor_value_info("token_ids", ints, ["batch", k])]
    graph = helper.make_graph(g.nodes, "lexpand", inputs, outputs, g.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


@torch.no_grad()
def write_fast(model: DocumentEncoder, path: Path, top: int = TOP) -> None:
    onnx.save(build(model.float().cpu().eval(), top), str(path))
