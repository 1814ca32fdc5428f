"""How good each teacher is on held-out pairs, and ensembles with more or less BM25."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ..config import Config
from ..data.corpus import load_tokenizer, vocabulary_of
from ..teachers import losses
from .retrieval import JARGON, Retrieval, bm25_scores, means_by_group, metrics


def report(config: Config, held: Retrieval, teacher_named: Callable, device: str) -> None:
    """Prints nDCG@10 as mean over sources."""
    judged = {}
    for name in config.teachers.dense:
        teacher = teacher_named(name)
        queries, docs = (teacher.encode(t, k).to(device).float() for t, k in ((held.queries, "query"), (held.docs, "document")))
        judged[name] = queries @ docs.T
    judged["bm25"] = bm25_scores(held, vocabulary_of(load_tokenizer(config.tokenizer)), device)
    for name, scores in judged.items():
        show(name, scores, held)
    none = torch.zeros_like(judged["bm25"], dtype=torch.bool)
    names, weights = list(judged), [*config.teachers.weights, 1.0]
    for stems in (0.0, 0.3, 0.6, 1.0, 1.5):
        show(f"ensemble, BM25 {stems}", losses.ensemble(list(judged.values()), [*weights[:-1], stems], none, 0.0), held)
    for i, name in enumerate(names):
        show(
            f"ensemble without {name}",
            losses.ensemble(list(judged.values()), [w * (j != i) for j, w in enumerate(weights)], none, 0.0),
            held,
        )


def show(name: str, scores: torch.Tensor, held: Retrieval) -> None:
    ndcg, _ = metrics(scores, held.relevant)
    by_group = means_by_group(held.groups, ndcg)
    inside = np.mean([value for group, value in by_group.items() if group in JARGON])
    outside = ndcg[[group not in JARGON for group in held.groups]].mean()
    print(f"teacher {name:24} all {np.mean(list(by_group.values())):.4f} jargon {inside:.4f} hit {outside:.4f}", flush=True)
