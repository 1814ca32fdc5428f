"""The measure that chooses between runs, so that the development sets need not.

Held-out questions of every source, each looking for its text among 100,000: what is held out, and training texts beside it.
Known-item tests of 12,000 texts do not separate runs (RUNS.md): almost everything is found. Here are more candidates, no
query whose words simply begin its text, and every query's own figure, so that two runs are compared query by query.
"""

from __future__ import annotations

import numpy as np
import torch

from ..data.store import Ragged, TokenStore
from .retrieval import BALANCE, PRUNING, Retrieval, bm25_scores, corpus_idf, encode, metrics, presence

CANDIDATES = 100_000
COPIED = 24  # pieces at the start of a text where a query that stands there whole is no question


def validation_set(
    held_out: list[TokenStore], training: TokenStore, vocabulary: list[str], device: str, size: int = CANDIDATES
) -> Retrieval:
    held = TokenStore.joined(held_out)
    kept = [i for i in range(len(held.queries)) if held.query_kind[i] == 0 and asks(held.queries.row(i), held.docs.row(held.positive[i]))]
    rest = np.random.default_rng(0).permutation(len(training.docs))[: max(0, size - len(held.docs))]
    test = Retrieval(
        "validation",
        Ragged.joined([held.docs, training.docs.take(rest)]),
        held.queries.take(kept),
        [{int(held.positive[i]): 1} for i in kept],
        [held.sources[held.query_source[i]] for i in kept],
    )
    test.bm25 = bm25_scores(test, vocabulary, device)
    return test


def asks(query: np.ndarray, text: np.ndarray) -> bool:
    return not np.isin(query, text[:COPIED]).all()


@torch.inference_mode()
def per_query(model, table_weights, test: Retrieval, device: str) -> dict[str, np.ndarray]:
    """nDCG@10 of every query: with the table, with half corpus IDF, and in the default search; documents pruned."""
    model.eval()
    docs = encode(model, test.docs, device).pruned(PRUNING)
    present = presence(test.queries, docs.pieces, device)
    blend = present * torch.where(table_weights > 0, (table_weights + corpus_idf(docs)) / 2, torch.zeros_like(table_weights))
    plain, corpus = docs.scores(present * table_weights), docs.scores(blend)
    scores = {"plain": plain, "blend": corpus, "served": corpus + BALANCE * test.bm25}
    return {name: metrics(s, test.relevant)[0] for name, s in scores.items()}


def mean_over_groups(groups: list[str], values: np.ndarray) -> tuple[float, float]:
    """Mean over sources and its standard error: a large source is one vote."""
    groups = np.array(groups)
    several = [values[groups == g] for g in np.unique(groups)]
    variance = sum(v.var(ddof=1) / len(v) for v in several if len(v) > 1) / len(several) ** 2
    return float(np.mean([v.mean() for v in several])), float(np.sqrt(variance))
