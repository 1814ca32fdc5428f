"""Distillation: the student learns the ensemble's ranking of every batch under a sparsity penalty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from . import losses, mining
from .batches import Batch, Sampler, pack_rows, piece_pairs
from .bert import Packing
from .lexical import Bm25, query_matrix
from .progress import Progress, learning_rate
from .store import TokenStore
from .student import DocumentEncoder, QueryTable


@dataclass
class Targets:
    """The teachers' knowledge, resident on the device."""

    documents: list[torch.Tensor]  # per dense teacher float16 [D, H]
    queries: list[torch.Tensor]  # per dense teacher float16 [Q, H]
    stems: Bm25
    pieces: Bm25
    query_stems: tuple[np.ndarray, np.ndarray]  # (offsets [Q + 1], hashed stems)
    weights: list[float]  # of the dense teachers, the stems and the pieces
    bonus: float

    @torch.no_grad()
    def scores(self, b: Batch, present, device: str):
        """[Q, D] ensemble of this batch: every document of the batch is a candidate of every query.

        present: bool [Q, V], pieces of the queries.
        """
        q, d = torch.from_numpy(b.queries).to(device), torch.from_numpy(b.docs).to(device)
        scores = [Q[q].float() @ D[d].float().T for Q, D in zip(self.queries, self.documents)]
        offsets, stems = self.query_stems
        sizes = offsets[b.queries + 1] - offsets[b.queries]
        ahead = np.cumsum(sizes) - sizes
        index = np.repeat(offsets[b.queries] - ahead, sizes) + np.arange(sizes.sum())
        words = query_matrix(np.repeat(np.arange(len(b.queries)), sizes), stems[index], len(b.queries), device)
        scores.append(words @ self.stems.dense(b.docs).T)
        scores.append(present.float() @ self.pieces.dense(b.docs).T)
        first = torch.from_numpy(b.docs[:: len(b.docs) // len(b.queries)]).to(device)
        own = (d[None] == first[:, None]) & torch.from_numpy(b.own).to(device)[:, None]
        return losses.ensemble(scores, self.weights, own, self.bonus)


def document_vectors(model: DocumentEncoder, store: TokenStore, rows, length: int, device: str, group: int = 1024, stack: int = 8):
    """Yields (document ids int64 [n], float32 [n, V]) of these documents, for mining with the student."""
    for first in range(0, len(rows), group * stack):
        part = rows[first : first + group * stack]
        dense = []
        for at in range(0, len(part), group):
            ids, lengths = pack_rows(store.docs, part[at : at + group], length)
            dense.append(model(torch.from_numpy(ids).to(device), Packing(lengths, device)))
        yield torch.from_numpy(part).to(device), torch.cat(dense)


@torch.inference_mode()
def mine_hard(model, table, store: TokenStore, o: dict, seed: int, device: str) -> tuple[np.ndarray, np.ndarray]:
    """The student's own best documents, out of a sample, for some queries: (row of query or -1 [Q], int32 [n, depth])."""
    training = model.training
    model.eval()
    chosen = np.flatnonzero(np.isin(store.query_kind, o["student_kinds"]))
    rng = np.random.default_rng(seed)
    rows = rng.permutation(chosen)[: o["student_queries"]]
    pieces = len(table.weights)

    def present(part):
        row, piece = piece_pairs(store.queries, part)
        out = torch.zeros(len(part), pieces, dtype=torch.bool, device=device)
        out[torch.from_numpy(row).to(device), torch.from_numpy(piece).to(device)] = True
        return out

    sample = rng.permutation(len(store.docs))[: o["student_documents"]]
    vectors = document_vectors(model, store, sample, o["length"], device)
    lists = mining.by_student(present, table.weights, vectors, rows, o["student_depth"])
    model.train(training)
    where = np.full(len(store.queries), -1, np.int64)
    where[rows] = np.arange(len(rows))
    return where, lists.numpy()


def distill(model: DocumentEncoder, table: QueryTable, sampler: Sampler, targets: Targets, o: dict, seed, device, log=print):
    """Trains the model in place and leaves the averaged weights in it. Returns the run's figures."""
    store, pieces, slots = sampler.store, len(table.weights), 1 + len(sampler.o["bands"])
    trained = list(model.parameters())
    optimiser = torch.optim.AdamW(trained, lr=o["lr"], weight_decay=0.01, betas=(0.9, 0.98), fused=device == "cuda")
    average = [p.detach().clone() for p in trained]
    model.train()
    model.body.drop(o["dropout"])
    sampler.hard = None
    progress = Progress(o["steps"], o["seconds"])
    sums = torch.zeros(3, device=device)
    figures = {}
    for b in sampler:
        if (done := progress.value()) >= 1:
            break
        if o["student_hard_at"] and done >= o["student_hard_at"] and sampler.hard is None:
            sampler.hard = mine_hard(model, table, store, sampler.o, seed, device)
            log(f"student-mined candidates at {progress.elapsed():.0f} s")
        packing = Packing(b.lengths, device)
        weights = model(b.ids.to(device, non_blocking=True), packing)
        present = torch.zeros(len(b.queries), pieces, dtype=torch.bool, device=device)
        present[b.piece_row.to(device, non_blocking=True), b.piece.to(device, non_blocking=True)] = True
        rank = losses.divergence((present * table.weights) @ weights.T, targets.scores(b, present, device), o["scale"])
        sparsity = losses.flops(weights, slots, packing.sizes, o["threshold"])
        strength = o["lambda"] * (losses.ramp(int(done * 1000), int(o["lambda_ramp"] * 1000)) if o["lambda_ramp"] else 1.0)
        factor = learning_rate(done, o["warm"], o["decay"])
        for group in optimiser.param_groups:
            group["lr"] = o["lr"] * factor
        optimiser.zero_grad(set_to_none=True)
        (rank + strength * sparsity).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        torch._foreach_lerp_(average, [p.detach() for p in trained], 1 - min(o["average"], (progress.step + 1) / (progress.step + 10)))
        progress.step += 1
        with torch.no_grad():
            sums += torch.stack([rank.detach(), sparsity.detach(), (weights > 0).sum(1).float().mean()])
        if progress.step % 200 == 0:
            kl, fl, count = (sums / 200).tolist()
            figures = {"steps": progress.step, "kl": round(kl, 4), "flops_loss": round(fl, 4), "pieces": round(count, 1)}
            log(f"{progress.elapsed():.0f} s {figures} lr {o['lr'] * factor:.1e}")
            sums.zero_()
    with torch.no_grad():
        for p, a in zip(trained, average):
            p.copy_(a)
    return figures | {"steps": progress.step, "seconds": round(progress.elapsed(), 1)}
