"""The whole chain on a toy collection and a toy model: about a minute on one CPU core."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from lexpand_training import config
from lexpand_training.data import adapt, corpus
from lexpand_training.data.batches import Sampler, pack_rows
from lexpand_training.data.store import TokenStore
from lexpand_training.evaluate.retrieval import Retrieval, Sparse, measure, metrics
from lexpand_training.export import fast_graph, resume
from lexpand_training.export import graph as export
from lexpand_training.export.model_folder import table_hash
from lexpand_training.export.quantise import as_shipped
from lexpand_training.model.bert import Packing, Shape
from lexpand_training.model.student import DocumentEncoder, Dots, QueryTable, read_idf
from lexpand_training.settings import Batch, Corpus, Distillation, Warmup
from lexpand_training.teachers import knowledge, losses, mining
from lexpand_training.teachers.lexical import Stems, bm25_of_pieces, bm25_of_stems
from lexpand_training.teachers.targets import Targets
from lexpand_training.train.corpus_weights import CorpusWeights
from lexpand_training.train.distill import distill
from lexpand_training.train.warmup import warm_up

CONFIG = Path(__file__).parents[1] / "lexpand-mini-v1.toml"
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
        side.query(f"source-{i % 3}", f"{topic} {i}", "pair", side.document(f"source-{i % 3}", topic if i % 2 else "", text))
    tokenizer = corpus.load_tokenizer(str(SHIPPED / "tokenizer.json"))
    vocabulary = corpus.vocabulary_of(tokenizer)
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
    pieces = bm25_of_pieces(store.docs, idf.numpy())
    lexical = bm25_of_stems(stems, store.docs)
    # The pieces' BM25 stands in for a sparse teacher, too: postings are postings.
    return Targets(
        [vectors(store.docs)],
        [vectors(store.queries)],
        lexical,
        pieces,
        {"own": pieces},
        (offsets, stem),
        [1.0, 0.4, 0.4],
        {"own": 0.2},
        0.06,
    )


BATCH = Batch(
    queries=6, mix=(1.0, 0.0, 0.0, 0.0), temper=0.7, bands=((0, 4), (4, 24)), length=32, long_share=0.3, long_length=48, title_share=0.5,
    student_hard=1, student_queries=30, student_documents=60, student_depth=8,
)  # fmt: skip
DISTILLATION = Distillation(
    steps=60, learning_rate=5e-4, warm=0.05, decay=0.5, sparsity=0.002, sparsity_ramp=0.3, threshold=40, average=0.9, dropout=0.1,
    corpus_weights=True, balances=(0.0, 0.3),
)  # fmt: skip


def test_training_lowers_the_loss_and_export_equals_pytorch(world, tmp_path):
    store, vocabulary, idf, allowed = world
    model, table = DocumentEncoder(TINY, allowed), QueryTable(idf, allowed)
    lines = []
    warm_up(model, store.docs, Warmup(learning_rate=3e-3, steps=40, documents=16, length=48, share=0.3), 0, "cpu", lines.append)
    targets = targets_of(store, vocabulary, idf)
    candidates = mining.by_teachers(targets.queries, targets.documents, 24).numpy()
    assert (candidates == store.positive[:, None]).any(1).mean() > 0.9
    test = Retrieval.held_out(store)
    sampler = Sampler(store, candidates, BATCH, 0)
    first = next(iter(sampler))

    def divergence():
        model.eval()
        with torch.no_grad():
            weights = model(first.ids, Packing(first.lengths, "cpu"))
            present = torch.zeros(len(first.queries), len(vocabulary), dtype=torch.bool)
            present[first.piece_row, first.piece] = True
            return float(losses.divergence((present * table.weights) @ weights.T, targets.scores(first, present, "cpu")[0], 30.0))

    with torch.no_grad():  # a toy that learned 40 steps has every piece active: as few as a trained one has are quicker
        weights = torch.expm1(model.eval()(first.ids, Packing(first.lengths, "cpu")))
        model.bias -= weights.flatten().topk(60 * len(weights)).values[-1]
    before = divergence()
    mined = mining.of_student(model, table.weights, store, BATCH, 0, "cpu")
    assert mined.lists.shape == (30, 8) and mined.sizes.sum() == 60 and (mined.where >= 0).sum() == 30
    sampler.hard = (mined.where, mined.lists)
    weights = CorpusWeights(torch.from_numpy(mined.frequency).float(), torch.from_numpy(mined.sizes).float(), table.weights)
    figures = distill(model, table, sampler, targets, DISTILLATION, 0, "cpu", weights, lines.append)
    assert figures["steps"] == 60
    assert divergence() < 0.9 * before
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
    fast_graph.write_fast(model, tmp_path / "fast.onnx")
    for name in ("int8.onnx", "fast.onnx"):
        again, _ = resume.read_shipped(tmp_path / name, idf, model.logs, "cpu", TINY)
        wanted = as_shipped(model)
        with torch.no_grad():  # the fast graph leaves out what is never emitted
            for m in (again, wanted):
                m.bias[~allowed] = 0
            if name == "fast.onnx":  # and keeps the positions in float
                wanted.body.position.weight.copy_(model.body.position.weight)
        assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(again.parameters(), wanted.parameters(), strict=True))


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
    c = config.with_settings(config.load(CONFIG), [f'work="{tmp_path}"', "teachers.depth=5"])
    first = knowledge.teachers_candidates(c, vectors, vectors)
    assert (first == mining.by_teachers(vectors, vectors, 5).numpy()).mean() > 0.9
    assert (knowledge.teachers_candidates(c, vectors, vectors) == first).all()  # nothing left to claim


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
    train, held = adapt.collections(tmp_path, Corpus(seed=1))
    assert len(train.docs) > 80 and len(held.docs) > 2 and train.queries
