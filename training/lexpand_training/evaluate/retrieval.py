"""Retrieval quality by exact dot product: BEIR folders and the held-out pairs of the training sources."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..data.batches import pack_rows, piece_pairs
from ..data.corpus import read_lines
from ..data.store import Ragged, TokenStore
from ..model.bert import Packing
from ..teachers.lexical import Stems, bm25_of_stems, query_matrix

LENGTH = 510
# The same as DEFAULT_PRUNING of sparse/vectors/prune.ts: the share of a document's largest weight.
PRUNING = 0.1
# The default search: half corpus IDF, BM25 in the same sum, and where a set has titles, their own vectors on top.
BALANCE = 0.3
TITLE_WEIGHT = 0.25


@dataclass
class Retrieval:
    name: str
    docs: Ragged
    queries: Ragged
    relevant: list[dict[int, int]]  # per query: document row -> grade
    groups: list[str] | None = None  # per query, for the held-out test
    titles: Ragged | None = None  # per document, where the collection has any
    bm25: torch.Tensor | None = None  # [Q, D], where the default search is asked for

    @classmethod
    def beir(cls, folder: Path, tokenizer) -> Retrieval:
        def pieces(texts):
            return Ragged.of([e.ids[:LENGTH] for e in tokenizer.encode_batch(texts, add_special_tokens=False)])

        def texts(path):
            items = [json.loads(line) for line in read_lines(path)]
            titles = [i.get("title") or "" for i in items]
            text = [f"{title} {i['text']}".strip() for title, i in zip(titles, items)]
            return [str(i["_id"]) for i in items], pieces(text), pieces(titles) if any(titles) else None

        doc_names, docs, titles = texts(folder / "corpus.jsonl")
        query_names, queries, _ = texts(folder / "queries.jsonl")
        place = {n: i for i, n in enumerate(doc_names)}
        judged: dict[str, dict[int, int]] = defaultdict(dict)
        for line in list(read_lines(folder / "qrels" / "test.tsv"))[1:]:
            q, d, grade = line.split("\t")
            if int(grade) > 0 and d in place:
                judged[q][place[d]] = int(grade)
        kept = [i for i, n in enumerate(query_names) if judged[n]]
        return cls(folder.name, docs, queries.take(kept), [judged[query_names[i]] for i in kept], titles=titles)

    @classmethod
    def held_out(cls, store: TokenStore) -> Retrieval:
        groups = [store.sources[s] for s in store.query_source]
        return cls("held-out", store.docs, store.queries, [{int(p): 1} for p in store.positive], groups)


@dataclass
class Sparse:
    """Documents as (row, piece, weight), rows ascending."""

    row: torch.Tensor
    piece: torch.Tensor
    weight: torch.Tensor
    count: int
    pieces: int

    def pruned(self, ratio: float) -> Sparse:
        """Keeps weights above ratio times the document's largest."""
        top = torch.zeros(self.count, device=self.weight.device).index_reduce_(0, self.row, self.weight, "amax")
        keep = self.weight > ratio * top[self.row]
        return Sparse(self.row[keep], self.piece[keep], self.weight[keep], self.count, self.pieces)

    def plus(self, other: Sparse, share: float) -> Sparse:
        """The sum of two vectors of every document, the other's weights times `share`."""
        keys = torch.cat([self.row * self.pieces + self.piece, other.row * self.pieces + other.piece])
        unique, place = keys.unique(return_inverse=True)
        weight = torch.zeros(len(unique), device=keys.device).index_add_(0, place, torch.cat([self.weight, other.weight * share]))
        return Sparse(unique // self.pieces, unique % self.pieces, weight, self.count, self.pieces)

    def frequency(self) -> torch.Tensor:
        """float [V]: documents that carry a piece."""
        return torch.bincount(self.piece, minlength=self.pieces).float()

    def scores(self, queries, chunk: int = 4096) -> torch.Tensor:
        """queries float [Q, V] -> [Q, D]"""
        asked = (queries != 0).any(0).nonzero().flatten()
        narrow, out = queries[:, asked], []
        for first in range(0, self.count, chunk):
            n = min(chunk, self.count - first)
            lo, hi = torch.searchsorted(self.row, torch.tensor([first, first + n], device=self.row.device)).tolist()
            dense = queries.new_zeros(n, self.pieces)
            dense[self.row[lo:hi] - first, self.piece[lo:hi]] = self.weight[lo:hi]
            out.append(narrow @ dense[:, asked].T)
        return torch.cat(out, 1)


@torch.inference_mode()
def encode(model, docs: Ragged, device: str, budget: int = 65536, limit: int = 512) -> Sparse:
    order = np.argsort(docs.lengths, kind="stable")
    parts, at = [], 0
    while at < len(order):
        size = max(1, budget // (int(docs.lengths[order[min(at + 255, len(order) - 1)]]) + 2))
        rows = order[at : at + min(size, 1024)]
        ids, lengths = pack_rows(docs, rows, limit)
        dense = model(torch.from_numpy(ids).to(device), Packing(lengths, device))
        row, piece = dense.nonzero(as_tuple=True)
        parts.append((torch.from_numpy(rows).to(device)[row], piece, dense[row, piece]))
        at += len(rows)
    row, piece, weight = (torch.cat(p) for p in zip(*parts))
    by_row = torch.argsort(row, stable=True)
    return Sparse(row[by_row], piece[by_row], weight[by_row].float(), len(docs), len(model.bias))


def presence(queries: Ragged, pieces: int, device) -> torch.Tensor:
    """bool [Q, V]"""
    row, piece = piece_pairs(queries, np.arange(len(queries)))
    out = torch.zeros(len(queries), pieces, dtype=torch.bool, device=device)
    out[torch.from_numpy(row).to(device), torch.from_numpy(piece).to(device)] = True
    return out


def metrics(scores, relevant: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Per query nDCG@10 (linear gain) and Recall@100. scores: [Q, D]; a document without score is not found."""
    top = scores.topk(min(100, scores.shape[1]), dim=1)
    order, found = top.indices.cpu().numpy(), (top.values > 0).cpu().numpy()
    discount = 1 / np.log2(np.arange(2, 12))
    ndcg, recall = [], []
    for ids, ok, rel in zip(order, found, relevant):
        gain = np.array([rel.get(int(d), 0) if o else 0 for d, o in zip(ids, ok)])
        ideal = np.sort(list(rel.values()))[::-1][:10]
        ndcg.append((gain[:10] * discount[: len(gain[:10])]).sum() / (ideal * discount[: len(ideal)]).sum())
        recall.append((gain > 0).sum() / len(rel))
    return np.array(ndcg), np.array(recall)


def corpus_idf(docs: Sparse) -> torch.Tensor:
    df = docs.frequency()
    return torch.log1p((docs.count - df + 0.5) / (df + 0.5))


def bm25_scores(test: Retrieval, vocabulary: list[str], device: str) -> torch.Tensor:
    stems = Stems(vocabulary)
    index = bm25_of_stems(stems, test.docs).to(device)
    row, stem = stems.rows(test.queries)
    queries = query_matrix(row, stem, len(test.queries), device)
    chunks = np.array_split(np.arange(len(test.docs)), max(1, len(test.docs) // 2000))
    return torch.cat([queries @ index.dense(c).T for c in chunks], 1)


@torch.inference_mode()
def measure(model, table_weights, test: Retrieval, device: str) -> dict:
    titles = encode(model, test.titles, device) if test.titles is not None else None
    return quality_of(encode(model, test.docs, device), table_weights, test, titles)


def figures_of(model, table, sets: list[Retrieval], device: str, exact: bool = True) -> dict:
    """Figures of every set; exact: activations in float32 as in the exported file, not in the training type."""
    training = model.body.dtype
    model.body.dtype = torch.float32 if exact else training
    model.eval()
    out = {t.name: measure(model, table.weights, t, device) for t in sets}
    model.body.dtype = training
    return out


@torch.inference_mode()
def quality_of(raw: Sparse, table_weights, test: Retrieval, titles: Sparse | None = None) -> dict:
    """All figures of one set. Keys: ndcg, recall (plain table, unpruned), pruned_*, blend_*, tokens, flops; served_* where
    the set has BM25 scores: pruned, half corpus IDF, plus BALANCE x BM25; fields_*: the same with the titles' vectors."""
    present = presence(test.queries, raw.pieces, raw.weight.device)
    queries = present * table_weights
    asked = (queries > 0).float().mean(0)
    out = {}

    def blended(docs: Sparse):
        return present * torch.where(table_weights > 0, (table_weights + corpus_idf(docs)) / 2, torch.zeros_like(table_weights))

    for prefix, docs in (("", raw), ("pruned_", raw.pruned(PRUNING))):
        for name, q in (("", queries), ("blend_", blended(docs))):
            ndcg, recall = metrics(docs.scores(q), test.relevant)
            out[f"{prefix}{name}ndcg"], out[f"{prefix}{name}recall"] = float(ndcg.mean()), float(recall.mean())
            if test.groups and not prefix:
                out[f"{name}groups"] = means_by_group(test.groups, ndcg)
        out[f"{prefix}tokens"] = len(docs.row) / docs.count
        out[f"{prefix}flops"] = float((asked * docs.frequency() / docs.count).sum())
    if test.bm25 is not None:
        for name, docs in (("served", raw), ("fields", raw if titles is None else raw.plus(titles, TITLE_WEIGHT))):
            docs = docs.pruned(PRUNING)
            ndcg, recall = metrics(docs.scores(blended(docs)) + BALANCE * test.bm25, test.relevant)
            out[f"{name}_ndcg"], out[f"{name}_recall"] = float(ndcg.mean()), float(recall.mean())
    return out


def means_by_group(groups: list[str], values: np.ndarray) -> dict[str, float]:
    by_group = defaultdict(list)
    for group, value in zip(groups, values):
        by_group[group].append(value)
    return {group: float(np.mean(v)) for group, v in sorted(by_group.items())}


JARGON = ("scitldr", "dict-foldoc", "dict-jargon", "debian-descriptions", "manpages", "linux-doc", "sqlite-doc", "covid-qa")


def summary(figures: dict[str, dict]) -> str:
    """One line: the mean over the BEIR sets, and every set's plain nDCG@10."""
    sets = [n for n in figures if n != "held-out"]
    mean = {k: np.mean([figures[n][k] for n in sets]) for k in figures[sets[0]]} if sets else {}
    parts = [f"{k} {v:.4f}" for k, v in mean.items() if k.endswith(("ndcg", "tokens", "flops"))]
    parts += [f"{n} {figures[n]['pruned_ndcg']:.3f}/{figures[n]['pruned_blend_ndcg']:.3f}" for n in sets]
    parts += [f"{n} flops {figures[n]['pruned_flops']:.3f} tokens {figures[n]['pruned_tokens']:.0f}" for n in sets if "dl19" in n]
    if "held-out" in figures:
        groups = figures["held-out"]["groups"]
        jargon = [v for g, v in groups.items() if g in JARGON]
        parts.append(f"held-out {np.mean(list(groups.values())):.4f} jargon {np.mean(jargon or [0]):.4f}")
    return " | ".join(parts)
