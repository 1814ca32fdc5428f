"""The query DSL of a search: the same as pipelines/query/ and pipelines/hybrid/ of the TypeScript package."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import LexpandError
from .query import LARGEST_QUERY_WEIGHT, QueryToken, inverse_document_frequency

Clause = dict[str, Any]

CLAUSE_BUDGET = 1_024
TIE_BREAKER = 0.4
VECTOR_OVER_TEXT = 1.4


@dataclass(frozen=True)
class LexicalFields:
    """Where text is found by words: fields beside each other, and those inside of each `nested` object."""

    plain: tuple[str, ...]
    nested: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class TypedQuery:
    """The parts of a query as people type it."""

    text: str
    phrases: tuple[str, ...]
    exclusions: tuple[str, ...]


_OPERATORS = re.compile(r"""(?<!\S)(-)?"([^"]+)"(?=\Z|[\s.,;:!?)])|(?<!\S)-([^\W\d_]\S*)""")


def parse_operators(typed: str) -> TypedQuery:
    """`"quoted phrases"` and `-exclusions`, of a word or a phrase."""
    phrases: list[str] = []
    exclusions: list[str] = []

    def take(found: re.Match[str]) -> str:
        minus, quoted, word = found.groups()
        inner = (quoted or word or "").strip()
        if not re.search(r"[^\W_]", inner):
            return found.group()
        if minus is not None or word is not None:
            exclusions.append(inner)
            return " "
        phrases.append(inner)
        return inner

    text = _OPERATORS.sub(take, typed)
    return TypedQuery(text.strip(), tuple(phrases), tuple(exclusions))


def operator_filters(typed: TypedQuery, fields: LexicalFields) -> list[Clause]:
    """Clauses for what a hit must and must not have; they do not change the score."""
    excluded = [lexical_query(fields, words, phrase=True) for words in typed.exclusions]
    clauses = [lexical_query(fields, words, phrase=True) for words in typed.phrases]
    return [*clauses, *([{"bool": {"must_not": excluded}}] if excluded else [])]


def lexical_query(fields: LexicalFields, text: str, *, phrase: bool = False) -> Clause:
    """BM25 over the text fields with their own analyzers: the best field counts, and the others add a little."""
    queries = [_match(fields.plain, text, phrase)] if fields.plain else []
    queries += [
        {"nested": {"path": path, "score_mode": "max", "query": _match(inner, text, phrase)}}
        for path, inner in fields.nested.items()
    ]
    if not queries:
        raise LexpandError(
            "QUERY",
            "[query] expected text fields that words can find, got fields with index false only. Search in mode sparse.",
        )
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": queries, "tie_breaker": TIE_BREAKER}}


def _match(fields: Sequence[str], text: str, phrase: bool) -> Clause:
    if len(fields) == 1:
        return {"match_phrase" if phrase else "match": {fields[0]: {"query": text}}}
    kind = {"type": "phrase"} if phrase else {}
    return {"multi_match": {"query": text, "fields": list(fields), "tie_breaker": TIE_BREAKER, **kind}}


def token_clause(vector_type: str, field: str, token: str, boost: float | None = None) -> Clause:
    """The clause of one word piece: scores boost times stored weight."""
    weight = {} if boost is None else {"boost": boost}
    if vector_type == "rank_features":
        return {"rank_feature": {"field": f"{field}.{token}", "linear": {}, **weight}}
    return {"term": {field: {"value": token, **weight}}}


def sparse_query(field: str, vector_type: str, tokens: Sequence[QueryToken], filters: Sequence[Clause]) -> Clause:
    """The dot product of query weights and stored weights."""
    should = [token_clause(vector_type, field, token.token, token.weight) for token in tokens]
    _assert_clauses(len(should), filters)
    bool_query: Clause = {"should": should, "minimum_should_match": 1}
    return {"bool": {**bool_query, "filter": list(filters)} if filters else bool_query}


def balance_for(pieces: int) -> float:
    """Weight of BM25 beside the sparse score: pipelines/hybrid/balance.ts says why."""
    rules = ((30, 0.7), (14, 0.5), (9, 0.2), (0, 0.15))
    return next(balance for least, balance in rules if pieces >= least)


def lift_for(tokens: Sequence[QueryToken], documents: int, frequencies: Mapping[str, int]) -> float:
    """Additional score of a document without a vector, as a multiple of BM25."""
    asked = sum(token.weight for token in tokens)
    rarity = sum(inverse_document_frequency(documents, frequencies.get(token.token, 0)) for token in tokens)
    return VECTOR_OVER_TEXT * asked / rarity


@dataclass(frozen=True)
class OnePass:
    """Both signals in one query; score of the engine = scale x score."""

    query: Clause
    scale: float


def one_pass_query(
    field: str,
    vector_type: str,
    tokens: Sequence[QueryToken],
    fields: LexicalFields,
    text: str,
    *,
    filters: Sequence[Clause],
    balance: float,
    lift: float,
) -> OnePass:
    """score = sparse + balance x BM25, as one flat list of optional clauses."""
    heaviest = max(token.weight for token in tokens)
    scale = 1.0 if balance == 0 else min(1 / balance, LARGEST_QUERY_WEIGHT / heaviest)
    columns = len(fields.plain) + sum(len(inner) for inner in fields.nested.values())
    room = (CLAUSE_BUDGET - len(tokens) - leaves(filters)) // (columns * (2 if lift > 0 else 1))
    words = lexical_query(fields, _leading_terms(text, room))
    should = [] if balance == 0 else [_boosted(words, balance * scale)]
    should += [token_clause(vector_type, field, token.token, token.weight * scale) for token in tokens]
    _assert_clauses(len(tokens), filters)
    if lift > 0:
        ready = {"bool": {"should": [{"term": {"lexpand.state": {"value": "ready"}}}], "minimum_should_match": 1}}
        should.append({"bool": {"must": [words], "must_not": [ready], "boost": lift * scale}})
    return OnePass({"bool": {"should": should, "minimum_should_match": 1, "filter": list(filters)}}, scale)


def _boosted(query: Clause, boost: float) -> Clause:
    return query if abs(boost - 1) < 1e-9 else {"bool": {"must": [query], "boost": boost}}


_TERMS = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\\W_]+")


def _leading_terms(text: str, most: int) -> str:
    """The first distinct words of a text, so that they stay within the engine's limit of clauses."""
    seen: set[str] = set()
    for found in _TERMS.finditer(text):
        if found.group() in seen:
            continue
        if len(seen) >= max(1, most):
            return text[: found.start()].rstrip()
        seen.add(found.group())
    return text


_COMPOUND = frozenset(
    ("bool", "must", "should", "filter", "must_not", "constant_score", "dis_max", "queries", "nested", "query")
)


def leaves(clause: object) -> int:
    """Leaves of clauses, as far as they show in the request."""
    if isinstance(clause, (list, tuple)):
        return sum(leaves(part) for part in clause)
    if not isinstance(clause, dict):
        return 0
    inner = ((name, body) for name, body in clause.items() if isinstance(body, (dict, list, tuple)))
    return sum(leaves(body) if name in _COMPOUND else 1 for name, body in inner)


def _assert_clauses(tokens: int, filters: Sequence[Clause]) -> None:
    if tokens + leaves(filters) <= CLAUSE_BUDGET:
        return
    raise LexpandError(
        "QUERY",
        f"[query] expected at most {CLAUSE_BUDGET} clauses, got {tokens} word pieces and {leaves(filters)} filter clauses."
        " Shorten the query, or use one terms filter instead of many clauses.",
    )
