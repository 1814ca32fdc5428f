"""Every stage by its command, as on the rented machine, on a toy collection with toy weights."""

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lexpand_training import __main__
from lexpand_training.data import corpus
from lexpand_training.model import checkpoint, pack
from lexpand_training.model.bert import Body, Shape
from lexpand_training.model.student import DocumentEncoder, QueryTable, read_idf

TRAINING = Path(__file__).parents[1]
SHIPPED = TRAINING.parent / "models" / "lexpand-mini-v1"
TOY = Shape(hidden=16, layers=1, heads=2, feed_forward=32)
TOPICS = ["wing slipstream lift", "merkel cell carcinoma", "row locking postgres", "arabica coffee roast", "polar bear ice"]
FILLER = [*"new study shows large effect under high pressure and low cost for many people near old river".split()]


@pytest.fixture
def folder(tmp_path):
    rng = random.Random(0)
    for store in ("base", "jargon"):
        lines = []
        for i in range(130):
            topic = TOPICS[i % len(TOPICS)]
            words = topic.split() + rng.sample(FILLER, 8)
            rng.shuffle(words)
            text = (
                f"{' '.join(words)} {store} X{i}-{i * 7}. The {topic} was seen again in report {i}. And {' '.join(rng.sample(FILLER, 7))}."
            )
            lines.append(json.dumps({"src": f"{store}-{i % 3}", "q": f"{topic} {rng.choice(FILLER)}", "title": topic, "text": text}))
        (tmp_path / f"{store}.jsonl").write_text("\n".join(lines))
    dev = tmp_path / "dev" / "toy"
    (dev / "qrels").mkdir(parents=True)
    (dev / "corpus.jsonl").write_text(
        "\n".join(json.dumps({"_id": str(i), "title": t, "text": f"About {t}."}) for i, t in enumerate(TOPICS))
    )
    (dev / "queries.jsonl").write_text("\n".join(json.dumps({"_id": f"q{i}", "text": t}) for i, t in enumerate(TOPICS)))
    (dev / "qrels" / "test.tsv").write_text("q\td\ts\n" + "".join(f"q{i}\t{i}\t1\n" for i in range(len(TOPICS))))
    torch.manual_seed(0)
    for name in ("bge", "e5"):
        state = {k: v.numpy() for k, v in Body(TOY).state_dict().items()}
        pack.write(tmp_path / "weights" / f"{name}.npz", state, TOY, 63, pooling="mean")
    vocabulary = corpus.vocabulary_of(corpus.load_tokenizer(str(SHIPPED / "tokenizer.json")))
    idf, allowed = read_idf(str(SHIPPED / "query-table.json"), vocabulary, 2.0)
    model = DocumentEncoder(TOY, allowed)
    with torch.no_grad():
        model.bias.fill_(-0.5)
    for name in ("own", "other"):
        checkpoint.save_checkpoint(tmp_path / "weights" / f"{name}.pt", model, QueryTable(idf, allowed), {}, {})
    return tmp_path


def settings(folder: Path) -> list[str]:
    small = "long=4 sentences=10 crops=30 keywords=10 exact=10 code=0 queries=[] clozes=0 held_out_queries=20 held_out_documents=40"
    corpora = [f"corpora.{store}.{s}" for store in ("base", "jargon") for s in small.split()]
    corpora += [f'corpora.{s}.{kind}=["{s}.jsonl"]' for s in ("base", "jargon") for kind in ("passages", "pairs")]
    return [
        f'tokenizer="{SHIPPED}/tokenizer.json"', f'idf="{SHIPPED}/query-table.json"', f'data="{folder}"', f'work="{folder}/work"', f'dev="{folder}/dev"',
        f'weights="{folder}/weights"', 'dev_sets=["toy"]', 'stores=["base", "jargon"]', *corpora, "teachers.depth=64", "batch.queries=4",
        "batch.student_queries=20", "batch.student_documents=40", "distill.steps=2", "exact=false",
    ]  # fmt: skip


def run(monkeypatch, *arguments) -> None:
    monkeypatch.setattr(sys, "argv", ["lexpand_training", *map(str, arguments)])
    assert __main__.main() == 0


def test_every_stage_after_another(folder, monkeypatch, capsys):
    common = ["--config", TRAINING / "lexpand-mini-v1.toml", *settings(folder)]
    run(monkeypatch, "tokens", *common)
    run(monkeypatch, "lexical", *common)
    # bge and e5 need no change; the base has another shape here, so the teachers are two.
    two = [
        *common,
        'teachers={dense=["bge", "e5"], weights=[1.0, 0.6], stems=0.25, pieces=0.25, bonus=0.06, sparse=["own", "other"], sparse_weights=[0.0, 0.0]}',
    ]
    run(monkeypatch, "vectors", *two)
    runs = [
        "control:seed=1",
        "weights:distill.corpus_weights=true",
        "balance:distill.balances=[0, 0.3, 0.5]",
        "fields:batch.title_share=0.5;batch.long_share=0.5",
        "own:teachers.sparse_weights=[0.4, 0.0]",
        "text:batch.stores=2",
        "mean:mean=control,text",
        "next:start=mean",
    ]
    run(monkeypatch, "train", *two, "--from", folder / "weights" / "own.pt", "--out", folder / "runs", *[f"--run={r}" for r in runs])
    run(monkeypatch, "validate", *common, "--source", folder / "runs", "--run=mean", "--run=next", "--out", folder / "validation.npz")
    printed = capsys.readouterr().out
    assert all(f"VALIDATION {r.split(':')[0]}" in printed for r in runs)
    figures = json.loads((folder / "runs" / "mean.json").read_text())
    assert {"pruned_ndcg", "pruned_blend_ndcg", "served_ndcg", "fields_ndcg"} <= figures["quality"]["toy"].keys()
    with np.load(folder / "validation.npz") as found:
        assert len(found["next/served"]) == len(found["groups"]) > 0
