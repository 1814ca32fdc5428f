"""Retrieval quality by exact dot product: BEIR folders and the held-out pairs of the training sources."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .batches import cache_lengths, pack_rows, piece_pairs
from .bert import Packing
from .corpus import read_lines
from .lexical import Bm25, Stems, query_matrix
from .store import Ragged, TokenStore

LENGTH = 510
# As DEFAULT_PRUNING of sparse/prune.ts: the share of a document's largest weight.
PRUNING = 0.1


@dataclass
class Retrieval:
    name: str
    docs: Ragged
    queries: Ragged
    relevant: list[dict[int, int]]  # per query: document row -> grade
    groups: list[str] | None = None  # per query, for the held-out test

    @classmethod
    def beir(cls, folder: Path, tokenizer) -> Retrieval:
        def texts(path):
            items = [json.loads(line) for line in read_lines(path)]
            names = [str(i["_id"]) for i in items]
            text = [f"{i.get('title') or ''} {i['text']}".strip() for i in items]
            encoded = tokenizer.encode_batch(text, add_special_tokens=False)
            return names, Ragged.of([e.ids[:LENGTH] for e in encoded])

        doc_names, docs = texts(folder / "corpus.jsonl")
        query_names, queries = texts(folder / "queries.jsonl")
        place = {n: i for i, n in enumerate(doc_names)}
        judged: dict[str, dict[int, int]] = defaultdict(dict)
        for line in list(read_lines(folder / "qrels" / "test.tsv"))[1:]:
            q, d, grade = line.split("\t")
            if int(grade) > 0 and d in place:
                judged[q][place[d]] = int(grade)
        kept = [i for i, n in enumerate(query_names) if judged[n]]
        return cls(folder.name, docs, queries.take(kept), [judged[query_names[i]] for i in kept])

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
    cache_lengths(docs)
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
    cache_lengths(queries)
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
    index = Bm25.of_stems(stems, test.docs).to(device)
    row, stem = stems.rows(test.queries)
    queries = query_matrix(row, stem, len(test.queries), device)
    chunks = np.array_split(np.arange(len(test.docs)), max(1, len(test.docs) // 2000))
    return torch.cat([queries @ index.dense(c).T for c in chunks], 1)


@torch.inference_mode()
def measure(model, table_weights, test: Retrieval, device: str) -> dict:
    return quality_of(encode(model, test.docs, device), table_weights, test)


@torch.inference_mode()
def quality_of(raw: Sparse, table_weights, test: Retrieval) -> dict:
    """All figures of one set. Keys: ndcg, recall (plain table, unpruned), pruned_*, blend_*, tokens, flops."""
    present = presence(test.queries, raw.pieces, raw.weight.device)
    queries = present * table_weights
    asked = (queries > 0).float().mean(0)
    out = {}
    for prefix, docs in (("", raw), ("pruned_", raw.pruned(PRUNING))):
        blend = torch.where(table_weights > 0, (table_weights + corpus_idf(docs)) / 2, torch.zeros_like(table_weights))
        for name, q in (("", queries), ("blend_", present * blend)):
            ndcg, recall = metrics(docs.scores(q), test.relevant)
            out[f"{prefix}{name}ndcg"], out[f"{prefix}{name}recall"] = float(ndcg.mean()), float(recall.mean())
            if test.groups and not prefix:
                by_group = defaultdict(list)
                for g, value in zip(test.groups, ndcg):
                    by_group[g].append(value)
                out[f"{name}groups"] = {g: float(np.mean(v)) for g, v in sorted(by_group.items())}
        out[f"{prefix}tokens"] = len(docs.row) / docs.count
        out[f"{prefix}flops"] = float((asked * docs.frequency() / docs.count).sum())
    return out


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
