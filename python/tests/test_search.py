"""Searches, against the hits that the TypeScript package gave on the same index."""

from typing import Any

import pytest
from opensearchpy import OpenSearch

from lexpand import LexpandError, LexpandIndex, Model


def test_hits_and_scores_are_those_of_the_typescript_package(
    client: OpenSearch, expected: dict[str, Any], model: Model
) -> None:
    indices = {name: LexpandIndex(client, name, model) for name in {case["index"] for case in expected["cases"]}}
    compared = 0
    for case in expected["cases"]:
        hits = indices[case["index"]].search(case["text"], size=20, **case["request"])
        wanted = case["hits"]
        assert len(hits) == len(wanted), case
        for hit, want in zip(hits, wanted, strict=True):
            assert hit.score == pytest.approx(want["score"], rel=1e-4), case
        compared += len(hits)
        # Equal scores may stand in any order.
        assert {hit.id for hit in hits[:-1]} <= {want["id"] for want in wanted} or hits[-1].score == hits[-2].score, case
    assert compared > 300


def test_a_source_comes_without_vector_and_sidecar(index: LexpandIndex) -> None:
    [hit] = index.search("wing bird", size=1)
    assert set(hit.source) >= {"title", "body", "tenant"}
    assert not set(hit.source) & {"lexpand", "body_sparse"}
    assert index.text_of(hit.source).startswith(hit.source["title"].strip())


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"text": " "}, "text to search for"),
        ({"text": "x" * 20_001}, "at most 20000"),
        ({"text": "x", "size": -1}, "size and an offset"),
        ({"text": "x", "offset": 10_000}, "at most 10000"),
        ({"text": "x", "balance": 2_000}, "balance"),
        ({"text": "-wing"}, "exclusions only"),
    ],
)
def test_requests_that_cannot_be_answered_say_why(index: LexpandIndex, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(LexpandError, match=message) as caught:
        index.search(request_.pop("text"), **request_)
    assert caught.value.code == "QUERY"


@pytest.mark.parametrize("name", ["", "*", "a,b", "_all", "../x", ".kibana", "UPPER", "a b"])
def test_names_that_are_none_never_reach_the_engine(name: str, model: Model) -> None:
    with pytest.raises(LexpandError, match="name of one index"):
        LexpandIndex(OpenSearch(hosts=["http://127.0.0.1:9"]), name, model)


def test_an_index_that_lexpand_did_not_set_up_is_refused(
    client: OpenSearch, expected: dict[str, Any], model: Model
) -> None:
    with pytest.raises(LexpandError, match="without _meta.lexpand"):
        LexpandIndex(client, expected["foreign"], model).search("wing")
