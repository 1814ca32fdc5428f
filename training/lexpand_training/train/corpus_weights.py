"""Query weights as a search has them: half way between the published table and the rarity in the searched corpus.

A corpus of one's own weighs words differently than the table. The encoder meets that in training: every query gets a
random blend of both, the rarity being that of a random sub-corpus around the source of its best document.
"""

from __future__ import annotations

import torch


class CorpusWeights:
    """frequency: float [S, V], documents of every source that carry a piece; sizes: float [S]; table: float [V]."""

    def __init__(self, frequency: torch.Tensor, sizes: torch.Tensor, table: torch.Tensor):
        self.frequency, self.sizes, self.table = frequency, sizes, table

    @torch.no_grad()
    def draw(self, present: torch.Tensor, source: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """float [Q, V]. present: bool [Q, V], pieces of the queries; source: int64 [Q].

        The sum over a query's pieces stays that of the table: its ranking is what shall hold under other weights, not
        the scale of its scores, which the temperature of the loss depends on.
        """
        count, device = len(source), self.table.device

        def uniform(*shape):
            return torch.rand(*shape, generator=generator, device=device)

        inside = uniform(count, len(self.sizes)) < 0.3 * uniform(count, 1)
        inside[torch.arange(count, device=device), source] = True
        documents = (inside.float() @ self.sizes)[:, None]
        frequency = inside.float() @ self.frequency
        rarity = torch.log1p((documents - frequency + 0.5) / (frequency + 0.5))
        table = present * self.table
        blend = table.lerp(present * (self.table > 0) * rarity, uniform(count, 1))
        return blend * (table.sum(1) / blend.sum(1).clamp(min=1e-6))[:, None]
