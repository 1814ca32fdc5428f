"""What a query asks of an index besides its hits: how often pieces occur, and whether all documents have their vector."""

import time
from collections.abc import Sequence
from typing import Any

from opensearchpy import OpenSearch

from .dsl import LexicalFields, lexical_query, token_clause
from .installed import InstalledIndex

LIFETIME_SECONDS = 300.0
"""Counts move slowly: an older one moves a weight by next to nothing."""

COVERAGE_SECONDS = 10.0
MOST_COUNTS = 100_000


class Counts:
    """Counted numbers of one index, remembered for a while. The owner's default search pipeline hides none of them."""

    def __init__(self, client: OpenSearch, index: str) -> None:
        self._client = client
        self._index = index
        self._counts: dict[str | None, tuple[float, int]] = {}
        self._coverage: tuple[float, float] | None = None
        self._text_scale: float | None = None

    def frequencies(self, installed: InstalledIndex, pieces: Sequence[str]) -> tuple[int, dict[str, int]]:
        """Number of documents with a vector, and of those that carry each piece."""
        asked: list[str | None] = [None, *pieces]
        now = time.monotonic()
        missing = [piece for piece in asked if now - self._counts.get(piece, (-LIFETIME_SECONDS, 0))[0] >= LIFETIME_SECONDS]
        if missing:
            if len(self._counts) > MOST_COUNTS:
                self._counts.clear()
                missing = asked
            for piece, count in zip(missing, self._count(installed, missing), strict=True):
                self._counts[piece] = (now, count)
        return self._counts[None][1], {piece: self._counts[piece][1] for piece in pieces}

    def coverage(self) -> float:
        """Share of the documents that a sparse query can find or that have no text; 1 without documents."""
        now = time.monotonic()
        if self._coverage is None or now - self._coverage[0] >= COVERAGE_SECONDS:
            states = [{"term": {"lexpand.state": {"value": state}}} for state in ("ready", "empty")]
            covered = {"filter": {"bool": {"should": states, "minimum_should_match": 1}}}
            body = {"size": 0, "track_total_hits": True, "aggs": {"covered": covered}, "search_pipeline": "_none"}
            reply = self._client.search(index=self._index, body=body, params={"allow_partial_search_results": "false"})
            total = reply["hits"]["total"]["value"]
            self._coverage = (now, 1.0 if total == 0 else reply["aggregations"]["covered"]["doc_count"] / total)
        return self._coverage[1]

    def text_scale(self, fields: LexicalFields, text: str) -> float:
        """How many times the BM25 of OpenSearch 3 that of the index is: OpenSearch 2 multiplies by k1 + 1."""
        if self._text_scale is None:
            query = lexical_query(fields, text)
            body = {"size": 1, "_source": False, "explain": True, "query": query, "search_pipeline": "_none"}
            hits = self._client.search(index=self._index, body=body)["hits"]["hits"]
            if not hits:
                return 1.0
            self._text_scale = _scale_in(hits[0]["_explanation"])
        return self._text_scale

    def _count(self, installed: InstalledIndex, pieces: Sequence[str | None]) -> list[int]:
        lines: list[dict[str, Any]] = []
        for piece in pieces:
            query = (
                {"term": {"lexpand.state": "ready"}}
                if piece is None
                else token_clause(installed.vector_type, installed.sparse_field, piece)
            )
            lines.append({"index": self._index, "allow_partial_search_results": False})
            lines.append({"size": 0, "track_total_hits": True, "query": query, "search_pipeline": "_none"})
        replies = self._client.msearch(body=lines)["responses"]
        for reply in replies:
            if "error" in reply:
                raise RuntimeError(f"[search] expected counts of {self._index}, got {reply['error'].get('type')}. Search again.")
        return [reply["hits"]["total"]["value"] for reply in replies]


def _scale_in(explained: dict[str, Any]) -> float:
    """The factor of a term's score that is not rarity and frequency; the engine leaves out a factor of 1."""
    if explained["description"] == "boost":
        return float(explained["value"])
    return next((scale for part in explained.get("details", []) if (scale := _scale_in(part)) != 1), 1.0)
