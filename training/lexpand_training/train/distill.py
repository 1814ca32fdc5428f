"""Distillation: the student learns the ensemble's ranking of every batch under a sparsity penalty."""

from __future__ import annotations

import torch

from ..data.batches import Sampler
from ..model.bert import Packing
from ..model.student import DocumentEncoder, QueryTable
from ..settings import Distillation
from ..teachers import losses
from ..teachers.targets import Targets
from .corpus_weights import CorpusWeights
from .progress import Progress, learning_rate


def distill(
    model: DocumentEncoder,
    table: QueryTable,
    sampler: Sampler,
    targets: Targets,
    options: Distillation,
    seed: int,
    device: str,
    corpus_weights: CorpusWeights | None = None,
    log=print,
) -> dict:
    """Trains the model in place and leaves the averaged weights in it. Returns the run's figures.

    corpus_weights: the queries' weights of every batch where they are not those of the table.
    """
    pieces, slots = len(table.weights), 1 + len(sampler.options.bands)
    trained = list(model.parameters())
    optimiser = torch.optim.AdamW(trained, lr=options.learning_rate, weight_decay=0.01, betas=(0.9, 0.98), fused=device == "cuda")
    average = [p.detach().clone() for p in trained]
    model.train()
    model.body.drop(options.dropout)
    balances = torch.tensor(options.balances, device=device)
    generator = torch.Generator(device).manual_seed(seed)
    progress = Progress(options.steps, options.seconds)
    sums = torch.zeros(3, device=device)
    figures = {}
    for batch in sampler:
        if (done := progress.value()) >= 1:
            break
        packing = Packing(batch.lengths, device)
        weights = vectors_as_indexed(model, batch, packing, sampler.options.title_weight, device)
        present = torch.zeros(len(batch.queries), pieces, dtype=torch.bool, device=device)
        present[batch.piece_row.to(device, non_blocking=True), batch.piece.to(device, non_blocking=True)] = True
        asked = present * table.weights if corpus_weights is None else corpus_weights.draw(present, batch.source.to(device), generator)
        wanted, stems = targets.scores(batch, present, device)
        # What BM25 finds already need not be learned; at balance 0 the encoder still has to rank alone.
        balance = balances[torch.randint(len(balances), (len(asked), 1), generator=generator, device=device)]
        rank = losses.divergence(asked @ weights.T + balance * stems, wanted, options.scale)
        sparsity = losses.flops(weights, slots, packing.sizes, options.threshold)
        ramp = losses.ramp(int(done * 1000), int(options.sparsity_ramp * 1000)) if options.sparsity_ramp else 1.0
        factor = learning_rate(done, options.warm, options.decay)
        for group in optimiser.param_groups:
            group["lr"] = options.learning_rate * factor
        optimiser.zero_grad(set_to_none=True)
        (rank + options.sparsity * ramp * sparsity).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        torch._foreach_lerp_(average, [p.detach() for p in trained], 1 - min(options.average, (progress.step + 1) / (progress.step + 10)))
        progress.step += 1
        with torch.no_grad():
            sums += torch.stack([rank.detach(), sparsity.detach(), (weights > 0).sum(1).float().mean()])
        if progress.step % 200 == 0:
            kl, fl, count = (sums / 200).tolist()
            figures = {"steps": progress.step, "kl": round(kl, 4), "flops_loss": round(fl, 4), "pieces": round(count, 1)}
            log(f"{progress.elapsed():.0f} s {figures} lr {options.learning_rate * factor:.1e}")
            sums.zero_()
    with torch.no_grad():
        for p, a in zip(trained, average):
            p.copy_(a)
    return figures | {"steps": progress.step, "seconds": round(progress.elapsed(), 1)}


def vectors_as_indexed(model: DocumentEncoder, batch, packing: Packing, title_weight: float, device: str):
    """[D, V]: a document's vector, with its title's own one on top where the batch says so."""
    weights = model(batch.ids.to(device, non_blocking=True), packing)
    if not len(batch.titled):
        return weights
    titles = model(batch.title_ids.to(device, non_blocking=True), Packing(batch.title_lengths, device))
    return weights.index_add(0, batch.titled.to(device, non_blocking=True), titles, alpha=title_weight)
