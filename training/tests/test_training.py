"""The whole chain on a toy collection and a toy model: about a minute on one CPU core."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from lexpand_training import adapt, commands, corpus, export, losses, mining, resume
from lexpand_training.batches import Sampler, pack_rows
from lexpand_training.bert import Packing, Shape
from lexpand_training.distill import Targets, distill
from lexpand_training.evaluate import Retrieval, Sparse, measure, metrics
from lexpand_training.lexical import Bm25, Stems
from lexpand_training.model_folder import table_hash
from lexpand_training.quantise import as_shipped
from lexpand_training.store import TokenStore
from lexpand_training.student import DocumentEncoder, Dots, QueryTable, read_idf
from lexpand_training.warmup import warm_up

SHIPPED = Path(__file__).parents[2] / "models" / "lexpand-mini-v1"
TINY = Shape(hidden=32, layers=2, heads=4, feed_forward=64, positions=64)
TOPICS = ["wing slipstream lift", "merkel cell carcinoma", "row locking postgres", "arabica coffee roast", "polar bear ice"]
FILLER = "new study shows large effect under high pressure and low cost for many people near old river".split()


@pytest.fixture(scope="module")
def world():
    torch.manual_seed(0)
    rng = random.Random(0)
    side = corpus.Collection(0, 0.0)
    for i in range(90):
        topic = TOPICS[i % len(TOPICS)]
        words = topic.split() + rng.sample(FILLER, 8)
        rng.shuffle(words)
        text = " ".join(words) + f" {rng.choice(topic.split())} report {i}."
        side.query(f"source-{i % 3}", f"{topic} {i}", "pair", side.document(f"source-{i % 3}", "", text))
    tokenizer = corpus.load_tokenizer(str(SHIPPED / "tokenizer.json"))
    vocabulary = [t for t, _ in sorted(tokenizer.get_vocab().items(), key=lambda kv: kv[1])]
    idf, allowed = read_idf(str(SHIPPED / "query-table.json"), vocabulary, 2.0)
    return corpus.tokenise(side, tokenizer), vocabulary, idf, allowed


def targets_of(store, vocabulary, idf):
    """BM25 and one stand-in for a dense teacher: random projections of the word-piece counts."""
    project = torch.randn(len(vocabulary), 24, generator=torch.Generator().manual_seed(1))

    def vectors(texts):
        rows = torch.stack([project[torch.from_numpy(texts.row(i).astype(np.int64))].sum(0) for i in range(len(texts))])
        return torch.nn.functional.normalize(rows, dim=1).half()

    stems = Stems(vocabulary)
    row, stem = stems.rows(store.queries)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(store.queries)))])
    pieces = Bm25.of_pieces(store.docs, idf.numpy())
    weights = [1.0, 0.4, 0.4]
    return Targets([vectors(store.docs)], [vectors(store.queries)], Bm25.of_stems(stems, store.docs), pieces, (offsets, stem), weights, 0.06)


def test_training_lowers_the_loss_and_export_equals_pytorch(world, tmp_path):
    store, vocabulary, idf, allowed = world
    model, table = DocumentEncoder(TINY, allowed), QueryTable(idf, allowed)
    lines = []
    warm_up(model, store.docs, {"lr": 3e-3, "steps": 40, "seconds": 0, "documents": 16, "length": 48, "share": 0.3}, 0, "cpu", lines.append)
    targets = targets_of(store, vocabulary, idf)
    candidates = mining.by_teachers(targets.queries, targets.documents, 24).numpy()
    assert (candidates == store.positive[:, None]).any(1).mean() > 0.9
    batch = {"queries": 6, "mix": [1, 0, 0, 0], "temper": 0.7, "bands": [[0, 4], [4, 24]], "length": 48}
    batch |= {"student_hard": 1, "student_queries": 30, "student_documents": 60, "student_depth": 8, "student_kinds": [0, 1]}
    o = {"steps": 60, "seconds": 0, "lr": 5e-4, "warm": 0.05, "decay": 0.5, "scale": 30.0, "lambda": 0.002, "lambda_ramp": 0.3}
    o |= {"threshold": 40, "average": 0.9, "dropout": 0.1, "student_hard_at": 0.5}
    test = Retrieval.held_out(store)
    sampler = Sampler(store, candidates, batch, 0)
    first = next(iter(sampler))

    def divergence():
        model.eval()
        with torch.no_grad():
            weights = model(first.ids, Packing(first.lengths, "cpu"))
            present = torch.zeros(len(first.queries), len(vocabulary), dtype=torch.bool)
            present[first.piece_row, first.piece] = True
            return float(losses.divergence((present * table.weights) @ weights.T, targets.scores(first, present, "cpu"), 30.0))

    with torch.no_grad():  # a toy that learned 40 steps has every piece active: as few as a trained one has are quicker
        weights = torch.expm1(model.eval()(first.ids, Packing(first.lengths, "cpu")))
        model.bias -= weights.flatten().topk(60 * len(weights)).values[-1]
    before = divergence()
    figures = distill(model, table, sampler, targets, o, 0, "cpu", lines.append)
    assert figures["steps"] == 60 and any("student-mined" in line for line in lines)
    assert divergence() < 0.8 * before
    quality = measure(model, table.weights, test, "cpu")
    assert quality["ndcg"] > 0 and quality["pruned_tokens"] <= quality["tokens"]

    export.write_float(model, tmp_path / "float.onnx")
    export.write_int8(tmp_path / "float.onnx", tmp_path / "int8.onnx", model)
    ids = torch.zeros(3, 20, dtype=torch.int64)
    for row, n in enumerate((20, 7, 12)):
        packed = torch.from_numpy(pack_rows(store.docs, np.array([row]), n)[0])
        ids[row, : len(packed)] = packed
    mask = (ids > 0).long()
    assert export.parity(tmp_path / "float.onnx", model, ids, mask) < 1e-4
    assert export.parity(tmp_path / "int8.onnx", as_shipped(model), ids, mask) < 1e-4
    again, _ = resume.read_shipped(tmp_path / "int8.onnx", idf, model.logs, "cpu", TINY)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(again.parameters(), as_shipped(model).parameters(), strict=True))


def test_packed_equals_single_and_forbidden_pieces_never_appear(world):
    store, _, _, allowed = world
    torch.manual_seed(0)
    model = DocumentEncoder(TINY, allowed).eval()
    ids, lengths = pack_rows(store.docs, np.arange(5), 48)
    with torch.no_grad():
        together = model(torch.from_numpy(ids), Packing(lengths, "cpu"))
        one, n = pack_rows(store.docs, np.array([3]), 48)
        alone = model(torch.from_numpy(one), Packing(n, "cpu"))
    assert torch.allclose(together[3], alone[0], atol=1e-5)
    assert not together[:, ~allowed].any()


def test_dropout_is_for_training_alone(world):
    store, _, _, allowed = world
    torch.manual_seed(0)
    model = DocumentEncoder(TINY, allowed)
    model.body.drop(0.5)
    ids, lengths = pack_rows(store.docs, np.arange(3), 48)
    ids, packing = torch.from_numpy(ids), Packing(lengths, "cpu")
    with torch.no_grad():
        assert torch.equal(model.eval().hidden(ids, packing), model.hidden(ids, packing))
        assert not torch.allclose(model.train().hidden(ids, packing), model.hidden(ids, packing))


def test_a_cloze_is_a_text_without_the_sentence_that_looks_for_it():
    c = corpus.Collection(0, 0.0)
    parts = [f"Sentence number {n} says something about the study of cells." for n in ("one", "two", "three", "four")]
    c.document("scitldr", "", " ".join(parts))
    c.document("manpages", "", " ".join(reversed(parts)))
    corpus.add_clozes(c, ["scitldr"], 2)
    assert len(c.queries) == 2 and {c.docs[positive][0] for *_, positive in c.queries} == {"scitldr"}
    assert all(text not in c.docs[positive][1] and len(c.docs[positive][1]) > 100 for _, text, _, positive in c.queries)


def test_processes_share_the_mining(tmp_path):
    torch.manual_seed(0)
    vectors = [torch.nn.functional.normalize(torch.randn(40, 8), dim=1).half()]
    c = {"work": str(tmp_path), "teachers": {"depth": 5}}
    first = commands.mine(c, vectors, vectors)
    assert (first == mining.by_teachers(vectors, vectors, 5).numpy()).mean() > 0.9
    assert (commands.mine(c, vectors, vectors) == first).all()  # nothing left to claim


def test_products_of_pairs_have_the_gradients_of_a_dense_product():
    torch.manual_seed(0)
    hidden, word = torch.randn(7, 5, requires_grad=True), torch.randn(11, 5, requires_grad=True)
    at, piece = torch.tensor([0, 3, 3, 6]), torch.tensor([1, 1, 9, 10])
    weight = torch.randn(4)
    found = torch.autograd.grad((Dots.apply(hidden, word, at, piece) * weight).sum(), (hidden, word))
    wanted = torch.autograd.grad(((hidden @ word.T)[at, piece] * weight).sum(), (hidden, word))
    assert all(torch.allclose(f, w, atol=1e-6) for f, w in zip(found, wanted))


def test_store_survives_the_disk(world, tmp_path):
    store = world[0]
    store.save(tmp_path / "t", parts=3)
    again = TokenStore.load(tmp_path / "t")
    assert (again.docs.flat == store.docs.flat).all() and (again.queries.offsets == store.queries.offsets).all()
    assert len(TokenStore.load_documents(tmp_path / "t")) == len(store.docs)


def test_stems_join_split_words(world):
    _, vocabulary, _, _ = world
    tokenizer = corpus.load_tokenizer(str(SHIPPED / "tokenizer.json"))
    texts = [tokenizer.encode(t, add_special_tokens=False).ids for t in ("retrievability tests", "the retrievability, tested")]
    row, stem = Stems(vocabulary).rows(corpus.Ragged.of(texts))
    assert set(stem[row == 0]) == set(stem[row == 1])


def test_flops_spares_short_documents_and_min_max_is_per_query():
    weights = torch.zeros(2, 10)
    weights[0, :3], weights[1, :8] = 1.0, 1.0
    lengths = torch.tensor([50, 50])
    assert losses.flops(weights, 1, lengths, 8) == 0
    assert losses.flops(weights, 1, lengths, 4) == pytest.approx(8 * 0.25)
    scaled = losses.min_max(torch.tensor([[1.0, 3.0], [10.0, 30.0]]))
    assert torch.allclose(scaled[0], scaled[1], atol=1e-5)


def test_metrics_follow_the_definitions():
    ndcg, recall = metrics(torch.tensor([[0.1, 0.9, 0.5]]), [{0: 1, 1: 2}])
    ideal = 2 + 1 / np.log2(3)
    assert ndcg[0] == pytest.approx((2 + 1 / np.log2(4)) / ideal) and recall[0] == 1


def test_scores_of_sparse_documents_equal_the_dense_product():
    dense = torch.tensor([[0.0, 2.0, 0.0, 1.0], [3.0, 0.0, 0.0, 0.5], [0.0, 0.0, 4.0, 0.0]])
    row, piece = dense.nonzero(as_tuple=True)
    queries = torch.tensor([[0.0, 1.0, 0.0, 2.0], [5.0, 0.0, 0.0, 0.0]])
    assert torch.equal(Sparse(row, piece, dense[row, piece], 3, 4).scores(queries, chunk=2), queries @ dense.T)


def test_table_hash_is_that_of_the_library():
    table = {k: v for k, v in json.loads((SHIPPED / "query-table.json").read_text()).items() if v > 0}
    assert table_hash(table) == json.loads((SHIPPED / "manifest.json").read_text())["query_table_hash"]


def test_adaptation_reads_a_folder(tmp_path):
    rng = random.Random(0)
    for i in range(120):
        (tmp_path / f"{i}.txt").write_text(f"Report {i} about {rng.choice(TOPICS)} " + " ".join(rng.choices(FILLER, k=12)) + ".")
    train, held = adapt.collections(tmp_path, {"seed": 1})
    assert len(train.docs) > 80 and len(held.docs) > 2 and train.queries
