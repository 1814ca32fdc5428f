"""Term weights of documents, flat: what the lexical and the sparse teachers know about every document of the store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass
class Postings:
    """Term weights of documents (flat, by offsets) and a weight for every term of a query."""

    terms: torch.Tensor  # int32 [P]
    weights: torch.Tensor  # float16 [P]
    offsets: np.ndarray  # int64 [D + 1]
    idf: torch.Tensor  # float32 [V]

    def to(self, device) -> Postings:
        return Postings(self.terms.to(device), self.weights.to(device), self.offsets, self.idf.to(device))

    def arrays(self) -> dict[str, np.ndarray]:
        """For np.savez; read back with `from_arrays`."""
        return {"terms": self.terms.numpy(), "weights": self.weights.numpy(), "offsets": self.offsets, "idf": self.idf.numpy()}

    @classmethod
    def from_arrays(cls, arrays) -> Postings:
        terms, weights, idf = (torch.from_numpy(arrays[k]) for k in ("terms", "weights", "idf"))
        return cls(terms, weights, arrays["offsets"], idf)

    def dense(self, docs: np.ndarray) -> torch.Tensor:
        """float32 [len(docs), V]: term weights of these documents times the query's."""
        sizes = (self.offsets[docs + 1] - self.offsets[docs]).astype(np.int64)
        total = int(sizes.sum())
        ahead = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        index = np.repeat(self.offsets[docs] - ahead, sizes) + np.arange(total)
        device = self.terms.device
        index = torch.from_numpy(index).to(device, non_blocking=True)
        row = torch.from_numpy(np.repeat(np.arange(len(docs)), sizes)).to(device, non_blocking=True)
        out = torch.zeros(len(docs), len(self.idf), device=device)
        term = self.terms[index].long()
        out[row, term] = self.weights[index].float() * self.idf[term]
        return out
