"""How a query's text becomes weighted word pieces: the same as sparse/query/ and pipelines/query/ of the TypeScript package."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .model import Model

Idf = Literal["auto", "model", "corpus", "blend"]

LARGEST_QUERY_WEIGHT = 64.0
"""Lucene refuses a larger weight."""

TRUSTED_DOCUMENTS = 1_000
"""From this many documents on, an index's own counts weigh half under `auto`; with fewer, in proportion."""


@dataclass(frozen=True)
class QueryToken:
    """One word piece of a query; its weight is in (0, 64]."""

    token: str
    token_id: int
    weight: float


def encode_query(text: str, model: Model) -> list[QueryToken]:
    """A query as distinct weighted word pieces, heaviest first, ties by id; empty when nothing of it can be asked for."""
    tokens = []
    for token_id in dict.fromkeys(model.tokenizer.encode(text, add_special_tokens=False).ids):
        piece = model.tokenizer.id_to_token(token_id)
        # rank_feature takes what follows the last dot of a field's name as the piece.
        if token_id in model.special_ids or piece is None or "." in piece:
            continue
        weight = min(model.table.get(piece, 0.0), LARGEST_QUERY_WEIGHT)
        if weight > 0:
            tokens.append(QueryToken(piece, token_id, weight))
    return _ordered(tokens)


def inverse_document_frequency(documents: int, frequency: int) -> float:
    """ln(1 + (N - df + .5) / (df + .5)), BM25's in Lucene's form."""
    df = min(frequency, documents)
    return math.log1p((documents - df + 0.5) / (df + 0.5))


def weight_by_corpus(
    tokens: Sequence[QueryToken], idf: Idf, documents: int, frequencies: Mapping[str, int]
) -> list[QueryToken]:
    """Weights tokens by their rarity in the searched index, as far as `idf` says.

    :param documents: number with a vector
    :param frequencies: piece -> number of documents that carry it in the sparse field
    """
    shares = {"model": 0.0, "corpus": 1.0, "blend": 0.5, "auto": 0.5 * min(1.0, documents / TRUSTED_DOCUMENTS)}
    share = shares[idf]

    def weight(token: QueryToken) -> float:
        corpus = inverse_document_frequency(documents, frequencies.get(token.token, 0))
        return min((1 - share) * token.weight + share * corpus, LARGEST_QUERY_WEIGHT)

    return _ordered([replace(token, weight=weight(token)) for token in tokens])


def _ordered(tokens: list[QueryToken]) -> list[QueryToken]:
    return sorted(tokens, key=lambda token: (-token.weight, token.token_id))
