"""Query encoding, against the files that hold the TypeScript package's, too."""

import gzip
import json
from pathlib import Path

import pytest

from lexpand import LexpandError, Model, encode_query, load_model
from lexpand.query import inverse_document_frequency, weight_by_corpus

GOLDEN = Path(__file__).resolve().parents[2] / "sparse" / "golden"


def test_pieces_and_weights_are_those_of_the_golden_file(model: Model) -> None:
    golden = json.loads(gzip.decompress((GOLDEN / "queries.json.gz").read_bytes()))
    assert len(golden["queries"]) > 1_000
    for query in golden["queries"]:
        found = [[token.token, token.weight] for token in encode_query(query["text"], model)]
        assert found == query["pieces"], query["text"]


def test_weights_of_the_published_example(model: Model) -> None:
    tokens = encode_query("What's the weather in ny now?", model)
    assert [(token.token, round(token.weight, 4)) for token in tokens[:3]] == [
        ("ny", 5.7729),
        ("weather", 4.5684),
        ("now", 3.5895),
    ]


def test_an_index_counts_by_half_at_most_and_less_while_it_is_small(model: Model) -> None:
    tokens = encode_query("weather", model)
    [token] = tokens
    rarity = inverse_document_frequency(100, 1)
    assert weight_by_corpus(tokens, "corpus", 100, {"weather": 1})[0].weight == pytest.approx(rarity)
    assert weight_by_corpus(tokens, "blend", 100, {"weather": 1})[0].weight == pytest.approx((token.weight + rarity) / 2)
    assert weight_by_corpus(tokens, "auto", 100, {"weather": 1})[0].weight == pytest.approx(
        token.weight * 0.95 + rarity * 0.05
    )


def test_a_model_that_is_damaged_or_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(LexpandError, match="manifest.json"):
        load_model(str(tmp_path))
    source = Path(__file__).resolve().parents[2] / "models" / "lexpand-mini-v1"
    for file in ("manifest.json", "tokenizer.json"):
        (tmp_path / file).write_bytes((source / file).read_bytes())
    (tmp_path / "query-table.json").write_text("{}")
    with pytest.raises(LexpandError, match="SHA-256"):
        load_model(str(tmp_path))
