"""The loss of the student: the teachers' ranking, with few word pieces."""

from __future__ import annotations

import torch.nn.functional as F


def min_max(scores):
    """Per query over all candidates, as the teachers' scales have nothing in common. [Q, D] -> [Q, D] in 0..1"""
    low, high = scores.amin(1, keepdim=True), scores.amax(1, keepdim=True)
    return (scores - low) / (high - low + 1e-6)


def ensemble(scores, weights, own, bonus: float):
    """Weighted mean of min-max scores [Q, D].

    scores: list of [Q, D], dense and lexical teachers; weights: floats; own: bool [Q, D], the document a query was
    written for, which gets `bonus` on top: it is right more often than any teacher knows.
    """
    return sum(w * min_max(s) for w, s in zip(weights, scores)) / sum(weights) + bonus * own


def divergence(student, target, scale: float):
    """KL(softmax(scale * target) || softmax(student)), mean over queries."""
    wanted = F.softmax(scale * target, dim=1)
    return F.kl_div(F.log_softmax(student, dim=1), wanted, reduction="none").sum(1).mean()


def flops(weights, slots: int, lengths, threshold: int):
    """FLOPS per rank slot (Paria et al. 2020; slots as in OpenSearch's recipe) with an l0 mask.

    Documents of at most `threshold` pieces are left alone; beyond 128 word pieces the threshold grows with the text, else
    the penalty falls on long texts alone and takes their rare words. weights: [Q * slots, V], the documents of one query
    beside each other; lengths: [Q * slots] word pieces.
    """
    active = (weights.detach() > 0).sum(1)
    long = (active > threshold * (lengths / 128).clamp(min=1))[:, None]
    mean = (weights * long).view(-1, slots, weights.shape[1]).mean(0)  # [slots, V]
    return (mean**2).sum()


def ramp(step: int, until: int) -> float:
    """Quadratic warm-up of the sparsity weight."""
    return min(1.0, (step + 1) / max(1, until)) ** 2
