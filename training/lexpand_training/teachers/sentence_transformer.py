"""Teachers from the sentence-transformers library, beside the packed ones."""

from __future__ import annotations

import numpy as np
import torch
from tokenizers import Tokenizer

from ..data.store import Ragged


class SentenceTransformerTeacher:
    """Any sentence-transformers model as teacher, with the interface of `dense.Teacher`."""

    def __init__(self, path: str, tokenizer: Tokenizer, device: str):
        from sentence_transformers import SentenceTransformer

        self.model, self.tokenizer = SentenceTransformer(path, device=device), tokenizer

    def encode(self, texts: Ragged, kind: str, limit: int = 256) -> torch.Tensor:
        """float16 [N, H]. The store has word pieces only, so the model reads lower-case text."""
        strings = [self.tokenizer.decode(texts.row(i)[:limit].tolist()) for i in range(len(texts))]
        call = self.model.encode_query if kind == "query" else self.model.encode_document
        return torch.from_numpy(np.asarray(call(strings, normalize_embeddings=True), np.float16))
