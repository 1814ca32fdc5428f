"""The shipped graph against PyTorch, on a toy model."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lexpand_training.export import fast_graph
from lexpand_training.model.bert import Packing, Shape
from lexpand_training.model.student import DocumentEncoder

PIECES = 1500
SHAPE = Shape(vocabulary=PIECES, hidden=64, layers=2, heads=4, feed_forward=128, positions=64)
LENGTHS = (24, 3, 11, 24, 17)


@pytest.fixture(scope="module", params=[1, 2])
def model(request):
    torch.manual_seed(request.param)
    allowed = torch.rand(PIECES) > 0.1
    model = DocumentEncoder(SHAPE, allowed, logs=request.param).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim == 2 and name != "dense.weight":
                p.normal_(0, 1.5 / p.shape[1] ** 0.5)
            elif "norm" not in name:
                p.normal_(0, 0.1)
    return model


@pytest.fixture(scope="module")
def session(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("fast") / "model.onnx"
    fast_graph.write_fast(model, path)
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def documents():
    generator = np.random.default_rng(0)
    return [generator.integers(0, PIECES, n) for n in LENGTHS]


def vectors(session, docs, padding: int = 0):
    """float [D, V] of documents that share one batch"""
    longest = max(map(len, docs)) + padding
    ids, mask = np.full((len(docs), longest), 7), np.zeros((len(docs), longest), np.int64)
    for row, doc in enumerate(docs):
        ids[row, : len(doc)], mask[row, : len(doc)] = doc, 1
    weights, pieces = session.run(["weights", "token_ids"], {"input_ids": ids, "attention_mask": mask})
    assert (np.diff(weights, axis=1) <= 0).all()
    dense = np.zeros((len(docs), PIECES), np.float32)
    np.put_along_axis(dense, pieces, weights, 1)
    return dense


def strongest(dense, count: int = 200):
    """All but the largest weights set to zero: TopK of the graph keeps no more than 512."""
    limit = np.sort(dense, 1)[:, -count][:, None]
    return np.where(dense >= limit, dense, 0)


def test_vectors_stay_near_those_of_pytorch(model, session):
    docs = documents()
    ids = torch.from_numpy(np.concatenate(docs))
    with torch.no_grad():
        expected = model(ids, Packing([len(d) for d in docs], "cpu")).numpy()
    found = vectors(session, docs)
    assert not found[:, ~model.allowed.numpy()].any()
    a, b = strongest(expected), np.where(strongest(expected) > 0, found, 0)
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert cosine.min() > 0.998
    assert np.abs(a - b).max() < 0.1 * a.max()
    assert abs((b - a)[a > 0].mean()) < 0.01 * a.max()


def test_neither_neighbours_nor_padding_change_a_vector(session):
    docs = documents()
    together = vectors(session, docs)
    for padding in (0, 5):
        alone = np.concatenate([vectors(session, [doc], padding) for doc in docs])
        assert np.abs(together - alone).max() < 1e-5
    assert (together > 0).sum(1).min() > 50


def test_the_file_holds_one_copy_of_the_vocabulary_matrix(model, tmp_path):
    fast_graph.write_fast(model, Path(tmp_path) / "model.onnx")
    sizes = [np.prod(c.dims) for c in onnx.load(str(tmp_path / "model.onnx")).graph.initializer if c.data_type == onnx.TensorProto.INT8]
    weights = sum(p.numel() for n, p in model.named_parameters() if p.ndim == 2 and n not in ("dense.weight", "body.position.weight"))
    assert sum(sizes) == weights


def test_output_is_no_wider_than_the_pieces_that_may_be_emitted(tmp_path):
    allowed = torch.zeros(PIECES, dtype=torch.bool)
    allowed[100:140] = True
    model = DocumentEncoder(SHAPE, allowed).eval()
    fast_graph.write_fast(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    ids = np.arange(1, 9)[None]
    weights, pieces = session.run(["weights", "token_ids"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    assert weights.shape == (1, 40) and sorted(pieces[0]) == list(range(100, 140))
