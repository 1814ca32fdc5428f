"""Masked-word warm-up: gives the new head, and the body that forgot it, a sense of which words could stand here."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from ..data.batches import pack_rows
from ..data.store import CLS, SEP, Ragged
from ..model.bert import Packing
from ..model.student import DocumentEncoder
from ..settings import Warmup
from .progress import Progress, learning_rate

MASK = 103


def hide(ids, share: float, generator):
    """BERT's rule: of the chosen tokens 80% become [MASK], 10% another word, 10% stay. Returns ids and places."""
    chosen = torch.rand(len(ids), generator=generator, device=ids.device) < share
    place = (chosen & (ids != CLS) & (ids != SEP)).nonzero().squeeze(1)
    coin = torch.rand(len(place), generator=generator, device=ids.device)
    other = torch.randint(1000, 30522, (len(place),), generator=generator, device=ids.device)
    hidden = ids.clone()
    hidden[place] = torch.where(coin < 0.8, MASK, torch.where(coin < 0.9, other, ids[place]))
    return hidden, place


def warm_up(model: DocumentEncoder, docs: Ragged, options: Warmup, seed: int, device: str, log=print) -> None:
    rng = np.random.default_rng(seed)
    generator = torch.Generator(device).manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.learning_rate, weight_decay=0.01, betas=(0.9, 0.98), fused=device == "cuda")
    progress = Progress(options.steps, options.seconds)
    total = torch.zeros((), device=device)
    model.train()
    while (done := progress.value()) < 1:
        ids, lengths = pack_rows(docs, rng.integers(0, len(docs), options.documents), options.length)
        ids = torch.from_numpy(ids).to(device)
        masked, place = hide(ids, options.share, generator)
        hidden = model.hidden(masked, Packing(lengths, device)).index_select(0, place)
        logits = F.linear(hidden, model.body.word.weight.to(hidden.dtype)).float() + model.bias
        loss = F.cross_entropy(logits, ids[place])
        for group in optimiser.param_groups:
            group["lr"] = options.learning_rate * learning_rate(done, 0.05, 0.95)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        progress.step += 1
        total += loss.detach()
        if progress.step % 200 == 0:
            log(f"warm-up step {progress.step} {progress.elapsed():.0f} s loss {float(total) / 200:.3f}")
            total.zero_()
