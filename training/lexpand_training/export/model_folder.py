"""manifest.json and model card beside the exported graph, in the form that `models/` reads and checks."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import torch

from ..config import Config
from ..data import corpus
from ..evaluate.retrieval import PRUNING
from ..model.checkpoint import load_checkpoint
from . import fast_graph
from . import graph as export


def json_hash(value) -> str:
    """SHA-256 of what JavaScript's JSON.stringify writes for lists of strings and numbers."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def table_hash(table: dict[str, float]) -> str:
    ordered = sorted(table.items(), key=lambda kv: kv[0].encode("utf-16-be"))
    return json_hash([[piece, int(w) if w == int(w) else w] for piece, w in ordered])


def manifest(config: Config, folder: Path, vocabulary: list[str], table: dict[str, float], logs: int, figures: dict) -> dict:
    files = ("model.onnx", "tokenizer.json", "query-table.json")
    described = config.export
    return {
        "schema": 1,
        "name": config.name,
        "version": described.version,
        "licence": described.licence,
        "base": described.base,
        "activation": "log1p_relu" if logs == 1 else "log1p_log1p_relu",
        "max_length": 512,
        "precision": PRECISION[described.arithmetic],
        "input_names": ["input_ids", "attention_mask"],
        "output": {"kind": "top_k", "weights": "weights", "token_ids": "token_ids"},
        "vocabulary_hash": json_hash(vocabulary),
        "query_table_hash": table_hash(table),
        "files": {name: export.sha256(folder / name) for name in files},
        "pruning": {"type": "max_ratio", "ratio": PRUNING},
        "training": described.training | figures.get("training", {}),
        "quality": {
            name: {key: round(f[ours], 4) for key, ours in FIGURES.items() if ours in f}
            for name, f in figures.get("quality", {}).items()
            if name != "held-out"
        },
        "notes": described.notes,
    }


FIGURES = {
    "ndcg_at_10": "pruned_ndcg",
    "recall_at_100": "pruned_recall",
    "ndcg_at_10_corpus_idf": "pruned_blend_ndcg",
    "tokens_per_document": "pruned_tokens",
    "flops": "pruned_flops",
}


def write_folder(config: Config, start: str, out: Path, figures: dict) -> None:
    """The float reference goes beside the folder; both files must agree with PyTorch before anything is kept."""
    model, table = load_checkpoint(start, "cpu")
    tokenizer = corpus.load_tokenizer(config.tokenizer)
    vocabulary = corpus.vocabulary_of(tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    reference = out.parent / f"{out.name}.float.onnx"
    export.write_float(model, reference)
    integers = config.export.arithmetic == "int8"
    if integers:
        fast_graph.write_fast(model, out / "model.onnx")
    else:
        export.write_int8(reference, out / "model.onnx", model)
    ids = torch.tensor([tokenizer.encode(t).ids[:16] + [0] * (16 - len(tokenizer.encode(t).ids)) for t in PROBES])
    mask = (ids > 0).long()
    gap = export.parity(reference, model, ids, mask)
    shipped = export.parity(out / "model.onnx", export.as_shipped(model), ids, mask)
    print(f"parity with PyTorch: float {gap:.1e}, int8 {shipped:.1e}; {(out / 'model.onnx').stat().st_size / 1e6:.1f} MB")
    # Rounded activations differ by more; what that costs is measured on collections (gate.py).
    if gap > 1e-4 or shipped > (0.3 if integers else 1e-4):
        raise RuntimeError(f"[export] expected files near PyTorch, got differences of {gap:.1e} (float), {shipped:.1e} (int8)")
    weights = export.query_table(table, vocabulary)
    (out / "query-table.json").write_text(json.dumps(weights, ensure_ascii=False))
    shutil.copyfile(config.tokenizer, out / "tokenizer.json")
    described = manifest(config, out, vocabulary, weights, model.logs, figures)
    (out / "manifest.json").write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n")


PRECISION = {
    "float": "int8 weights per row, computed in float32",
    "int8": "int8 weights per row, int8 activations per word piece",
}
PROBES = ("Currently New York is rainy.", "int8 weights per row", "What is the boiling point of water at altitude?")
