"""Checkpoint to ONNX: a float reference, the shipped file with int8 weights, and the query table.

The graph holds everything up to the sparse vector: maximum over positions, bias, log1p, specials and masked pieces,
TopK. Hidden states are reshaped to [B * S, H] in front of the decoder, so that it shares the word embeddings (Gemm with
transB) instead of holding a transposed copy.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper
from torch import nn

from ..model.student import DocumentEncoder
from .quantise import as_shipped, int8_rows, quantised

TOP = 512
OPSET = 17


class Graph(nn.Module):
    """The encoder over padded batches, in operations that ONNX has. int64 [B, S] x 2 -> float [B, K], int64 [B, K]"""

    def __init__(self, model: DocumentEncoder, top: int = TOP):
        super().__init__()
        self.model, self.top = model, top
        self.register_buffer("keep", model.allowed.float())

    def forward(self, input_ids, attention_mask):
        m, body = self.model, self.model.body
        batch, length = input_ids.shape
        flat = (batch * length, body.shape.hidden)
        heads = (batch, length, body.shape.heads, body.shape.hidden // body.shape.heads)
        absent = (1.0 - attention_mask.float()) * -1e9
        offset = body.shape.position_offset
        x = body.norm(body.word(input_ids) + body.position.weight[offset : offset + length]).reshape(flat)
        for layer in body.layers:
            q, k, v = (t.reshape(heads).transpose(1, 2) for t in layer.qkv(x).split(body.shape.hidden, dim=1))
            scores = q @ k.transpose(2, 3) / math.sqrt(heads[3]) + absent[:, None, None]
            mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(flat)
            x = layer.norm1(x + layer.out(mixed))
            x = layer.norm2(x + layer.down(F.gelu(layer.up(x))))
        x = m.norm(F.gelu(m.dense(x)))
        # With its bias the product becomes a Gemm that reads the embedding as it is; without, a transposed copy.
        logits = F.linear(x, body.word.weight, m.bias).reshape(batch, length, -1) + absent[..., None]
        value = torch.relu(logits.amax(1))
        for _ in range(m.logs):
            value = torch.log1p(value)
        return torch.topk(value * self.keep, self.top, dim=1)


def write_float(model: DocumentEncoder, path: Path) -> None:
    """The reference file. Refuses a graph that holds the vocabulary matrix more than once."""
    model = model.float().cpu().eval()
    ids = torch.tensor([[101, 2054, 2003, 102, 0], [101, 2651, 2024, 2023, 102]])
    torch.onnx.export(
        Graph(model, min(TOP, len(model.bias))).eval(),
        (ids, (ids > 0).long()),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["weights", "token_ids"],
        dynamic_axes={n: {0: "batch", 1: "seq"} for n in ("input_ids", "attention_mask")}
        | {n: {0: "batch"} for n in ("weights", "token_ids")},
        opset_version=OPSET,
        dynamo=False,
    )
    big = [i for i in onnx.load(str(path)).graph.initializer if sorted(i.dims) == sorted(model.body.word.weight.shape)]
    if len(big) != 1:
        raise RuntimeError(f"[export] expected one vocabulary matrix in the graph, got {len(big)}")


def write_int8(source: Path, target: Path, model: DocumentEncoder) -> None:
    """Replaces every quantised matrix by int8 rows and a DequantizeLinear node; the arithmetic stays float."""
    graph = onnx.load(str(source))
    shapes = {tuple(p.shape) for n, p in model.named_parameters() if quantised(n, p)}
    dense = model.dense.weight.detach().cpu().numpy()
    nodes, kept = [], []
    for tensor in graph.graph.initializer:
        value = numpy_helper.to_array(tensor)
        transposed = value.ndim == 2 and value.shape not in shapes and value.shape[::-1] in shapes
        is_dense = value.shape == dense.shape and (np.array_equal(value, dense) or np.array_equal(value.T, dense))
        if value.ndim != 2 or is_dense or not (value.shape in shapes or transposed):
            kept.append(tensor)
            continue
        rows = value.T if transposed else value
        q, scale = int8_rows(torch.tensor(rows))
        q = q.numpy().T if transposed else q.numpy()
        kept.append(numpy_helper.from_array(np.ascontiguousarray(q), tensor.name + ".int8"))
        kept.append(numpy_helper.from_array(scale.numpy(), tensor.name + ".scale"))
        kept.append(numpy_helper.from_array(np.zeros(len(scale), np.int8), tensor.name + ".zero"))
        inputs = [tensor.name + s for s in (".int8", ".scale", ".zero")]
        nodes.append(helper.make_node("DequantizeLinear", inputs, [tensor.name], axis=1 if transposed else 0))
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    rest = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend(nodes + rest)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(target))


def parity(path: Path, model: DocumentEncoder, ids, mask) -> float:
    """Largest difference between the file and PyTorch over the dense vectors of a batch."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    weights, pieces = session.run(["weights", "token_ids"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
    with torch.no_grad():
        expected = Graph(model.float().cpu().eval(), weights.shape[1])(ids, mask)
    dense = [np.zeros((len(ids), len(model.bias)), np.float32) for _ in range(2)]
    np.put_along_axis(dense[0], pieces, weights, 1)
    np.put_along_axis(dense[1], expected.indices.numpy(), expected.values.numpy(), 1)
    return float(np.abs(dense[0] - dense[1]).max())


def query_table(table, vocabulary: list[str]) -> dict[str, float]:
    """{piece: weight}; masked and special pieces have no entry and are not queried."""
    weights = table.weights.cpu().tolist()
    return {piece: float(f"{w:.9g}") for piece, w in zip(vocabulary, weights) if w > 0}


__all__ = ["as_shipped", "parity", "query_table", "sha256", "write_float", "write_int8"]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
