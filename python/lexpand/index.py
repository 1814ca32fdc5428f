"""A search from text to hits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from opensearchpy import OpenSearch

from .counts import Counts
from .dsl import (
    Clause,
    balance_for,
    lexical_query,
    lift_for,
    one_pass_query,
    operator_filters,
    parse_operators,
    sparse_query,
)
from .errors import LexpandError
from .installed import InstalledIndex, read_installed
from .model import Model, load_model
from .query import Idf, encode_query, weight_by_corpus

Mode = Literal["hybrid", "sparse", "bm25"]

LONGEST_QUERY = 20_000
LARGEST_WINDOW = 10_000
_INDEX_NAME = re.compile(r"""[^\s\\/*?"<>|,#:_.+\-][^\s\\/*?"<>|,#:]*""")


@dataclass(frozen=True)
class Hit:
    """A document that was found; `source` is without its vector and Lexpand's sidecar."""

    id: str
    index: str
    score: float
    source: dict[str, Any]


class LexpandIndex:
    """An index, or an alias, that Lexpand has set up.

    :param client: of opensearch-py, with its own login
    :param model: the one that filled the index
    :raises LexpandError: CONFIGURATION for a name that is none
    """

    def __init__(self, client: OpenSearch, index: str, model: Model | None = None) -> None:
        if _INDEX_NAME.fullmatch(index) is None or index != index.lower() or len(index.encode()) > 255:
            raise LexpandError("CONFIGURATION", f"[search] expected the name of one index or alias, got {index[:120]!r}. Correct it.")
        self._client = client
        self._index = index
        self._model = model or load_model()
        self._counts = Counts(client, index)
        self._read: InstalledIndex | None = None

    @property
    def text_fields(self) -> tuple[str, ...]:
        """Fields whose text is encoded."""
        return self._installed().fields

    def search(
        self,
        text: str,
        *,
        size: int = 10,
        offset: int = 0,
        mode: Mode | None = None,
        filter: Clause | Sequence[Clause] = (),  # noqa: A002
        idf: Idf = "auto",
        balance: float | Literal["auto"] = "auto",
        operators: bool = True,
    ) -> list[Hit]:
        """Finds documents, best first. No model runs.

        :param text: what the user typed; `"quoted phrases"` must match and `-words` must not, unless `operators` is False
        :param size: with `offset`, 10,000 at most
        :param mode: hybrid unless no query can reach a text field
        :param filter: query DSL clauses that every hit must match
        :param balance: weight of BM25 in hybrid, 0 to 1,000
        :raises LexpandError: QUERY for a request that cannot be answered, INDEX for an index of another model
        """
        self._check(text, size, offset, balance)
        query, scale = self._query(text, mode, [filter] if isinstance(filter, dict) else list(filter), idf, balance, operators)
        body = {
            "size": size,
            "from": offset,
            "query": query,
            "track_total_hits": False,
            "_source": {"excludes": ["lexpand", self._installed().sparse_field]},
        }
        reply = self._client.search(index=self._index, body=body)
        return [
            Hit(hit["_id"], hit["_index"], (hit["_score"] or 0.0) / scale, hit.get("_source") or {})
            for hit in reply["hits"]["hits"]
        ]

    def text_of(self, source: dict[str, Any]) -> str:
        """The text of a document that is encoded, its fields joined by spaces."""
        return " ".join(piece for field in self.text_fields for piece in _strings(source, field)).strip()

    def _query(
        self, typed: str, asked: Mode | None, filters: list[Clause], idf: Idf, balance: float | str, operators: bool
    ) -> tuple[Clause, float]:
        installed = self._installed()
        lexical = installed.lexical
        mode = asked or ("hybrid" if lexical.plain or lexical.nested else "sparse")
        text = typed
        if operators:
            parsed = parse_operators(typed)
            text = parsed.text
            if text == "":
                raise LexpandError("QUERY", "[search] expected words beside the excluded ones, got exclusions only. Add some.")
            filters = [*filters, *operator_filters(parsed, lexical)]
        tokens = encode_query(text, self._model)
        # Without word pieces the text fields are searched.
        if mode == "bm25" or not tokens:
            words = lexical_query(lexical, text)
            return ({"bool": {"must": [words], "filter": filters}} if filters else words), 1.0
        pieces = [token.token for token in tokens]
        counted = (0, {}) if idf == "model" else self._counts.frequencies(installed, pieces)
        weighted = tokens if idf == "model" else weight_by_corpus(tokens, idf, *counted)
        field, vector_type = installed.sparse_field, installed.vector_type
        if mode == "sparse":
            return sparse_query(field, vector_type, weighted, filters), 1.0
        text_scale = self._counts.text_scale(lexical, text) if lexical.plain or lexical.nested else 1.0
        lift = 0.0
        if self._counts.coverage() < 1:
            lift = lift_for(weighted, *self._counts.frequencies(installed, pieces)) / text_scale
        if isinstance(balance, str):
            balance = balance_for(len(tokens)) / text_scale if installed.balance is None else installed.balance
        hybrid = one_pass_query(
            field,
            vector_type,
            weighted,
            lexical,
            text,
            filters=filters,
            balance=balance,
            lift=lift,
        )
        return hybrid.query, hybrid.scale

    def _installed(self) -> InstalledIndex:
        if self._read is None:
            self._read = read_installed(self._client, self._index, self._model)
        return self._read

    @staticmethod
    def _check(text: str, size: int, offset: int, balance: float | str) -> None:
        def expect(holds: bool, expected: str, got: object) -> None:
            if not holds:
                raise LexpandError("QUERY", f"[search] expected {expected}, got {str(got)[:120]}. Correct it.")

        expect(text.strip() != "", "text to search for", "blank text")
        expect(len(text) <= LONGEST_QUERY, f"at most {LONGEST_QUERY} characters of query", len(text))
        expect(size >= 0 and offset >= 0, "a size and an offset of 0 or more", (size, offset))
        expect(size + offset <= LARGEST_WINDOW, f"offset + size of at most {LARGEST_WINDOW}", size + offset)
        expect(balance == "auto" or 0 <= float(balance) <= 1_000, "a balance of 0 to 1000, or auto", balance)


def _strings(node: object, path: str | None) -> list[str]:
    if isinstance(node, list):
        return [text for item in node for text in _strings(item, path)]
    if path is None:
        return [node] if isinstance(node, str) else []
    if not isinstance(node, dict):
        return []
    found = _strings(node[path], None) if path in node else []
    for dot in (at for at, character in enumerate(path) if character == "."):
        if path[:dot] in node:
            found += _strings(node[path[:dot]], path[dot + 1 :])
    return found
