"""Knowledge of the teachers about every text of the stores, on disk: vectors, postings, BM25, candidates."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from ..config import Config
from ..data.corpus import load_tokenizer, vocabulary_of
from ..data.shared_files import claimed, save_array, save_arrays, wait_for
from ..data.store import TokenStore
from ..model.checkpoint import load_checkpoint
from ..model.student import read_idf
from . import mining
from .dense import Teacher
from .lexical import Stems, bm25_of_pieces, bm25_of_stems
from .postings import Postings
from .sentence_transformer import SentenceTransformerTeacher
from .targets import Targets

MINING_PARTS = 8
QUERY_LENGTH = 96


def load_stores(config: Config) -> list[TokenStore]:
    return [TokenStore.load(Path(config.work) / "tokens" / name) for name in config.stores]


def teacher_named(config: Config, name: str, device: str):
    """A packed teacher of the weights folder, or the path of any sentence-transformers model."""
    packed, tokenizer = Path(config.weights) / f"{name}.npz", load_tokenizer(config.tokenizer)
    return Teacher(packed, tokenizer, device) if packed.exists() else SentenceTransformerTeacher(name, tokenizer, device)


def write_vectors(config: Config, device: str) -> None:
    """Vectors and postings of all documents and queries below work/vectors. New ones make old candidates void."""
    for old in [*Path(config.work).glob("candidates-*"), *Path(config.work).glob("mined-*")]:
        old.unlink(missing_ok=True)
    store = TokenStore.joined(load_stores(config))
    folder(config).mkdir(parents=True, exist_ok=True)
    for name in config.teachers.dense:
        begin = time.monotonic()
        teacher = teacher_named(config, name, device)
        for kind, texts in (("document", store.docs), ("query", store.queries)):
            limit = config.teachers.length if kind == "document" else QUERY_LENGTH
            save_array(vector_file(config, name, kind), teacher.encode(texts, kind, limit).numpy())
        print(f"{name}: {time.monotonic() - begin:.0f} s", flush=True)
    for name in config.teachers.sparse:
        begin = time.monotonic()
        save_arrays(folder(config) / f"{name}-postings.npz", postings_of(config, name, store, device).arrays())
        print(f"{name}: {time.monotonic() - begin:.0f} s", flush=True)


@torch.inference_mode()
def postings_of(config: Config, name: str, store: TokenStore, device: str) -> Postings:
    """The vectors of a checkpoint in the weights folder, with the query table it was trained for."""
    model, table = load_checkpoint(Path(config.weights) / f"{name}.pt", device)
    model.eval()
    # Texts of about one length share a batch: the head's work is that of the longest.
    order = np.argsort(store.docs.lengths, kind="stable")
    counts, parts = np.zeros(len(store.docs), np.int64), []
    for documents, dense in mining.document_vectors(model, store, order, config.batch.length, device):
        row, piece = dense.nonzero(as_tuple=True)
        counts[documents.cpu().numpy()] = torch.bincount(row, minlength=len(documents)).cpu().numpy()
        parts.append((documents[row].int().cpu(), piece.int().cpu(), dense[row, piece].half().cpu()))
    document, piece, weight = (torch.cat(p) for p in zip(*parts))
    by_document = torch.argsort(document, stable=True)
    return Postings(piece[by_document], weight[by_document], np.concatenate([[0], np.cumsum(counts)]), table.weights.cpu())


def write_bm25(config: Config) -> None:
    """BM25 over stems and over pieces, and query stems, below work/vectors. Needs no GPU."""
    store = TokenStore.joined(load_stores(config))
    folder(config).mkdir(parents=True, exist_ok=True)
    vocabulary = vocabulary_of(load_tokenizer(config.tokenizer))
    stems = Stems(vocabulary)
    idf, allowed = read_idf(config.idf, vocabulary, config.student.idf_bound)
    row, stem = stems.rows(store.queries)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(store.queries)))])
    arrays = {"query_offsets": offsets, "query_stems": stem}
    for name, bm25 in (("stems", bm25_of_stems(stems, store.docs)), ("pieces", bm25_of_pieces(store.docs, (idf * allowed).numpy()))):
        arrays |= {f"{name}_{k}": v for k, v in bm25.arrays().items()}
        print(f"BM25 over {name}: {len(bm25.terms):,} postings", flush=True)
    save_arrays(folder(config) / "bm25.npz", arrays)


def load_targets(config: Config, device: str) -> Targets:
    def read(kind):
        files = [wait_for(vector_file(config, n, kind)) for n in config.teachers.dense]
        return [torch.from_numpy(np.load(f)).to(device) for f in files]

    raw = dict(np.load(wait_for(folder(config) / "bm25.npz")))

    def bm25(name):
        return Postings.from_arrays({k.removeprefix(f"{name}_"): v for k, v in raw.items() if k.startswith(f"{name}_")}).to(device)

    sparse = {n: Postings.from_arrays(np.load(wait_for(folder(config) / f"{n}-postings.npz"))).to(device) for n in config.teachers.sparse}
    targets = Targets(
        read("document"), read("query"), bm25("stems"), bm25("pieces"), sparse, (raw["query_offsets"], raw["query_stems"]), [], {}, 0.0
    )
    weigh(targets, config)
    return targets


def weigh(targets: Targets, config: Config) -> None:
    """The weights of a run's teachers; a sparse teacher of weight 0 is not asked."""
    teachers = config.teachers
    targets.weights = [*teachers.weights, teachers.stems, teachers.pieces]
    targets.sparse_weights = {n: w for n, w in zip(teachers.sparse, teachers.sparse_weights) if w}
    targets.bonus = teachers.bonus


def teachers_candidates(config: Config, queries: list[torch.Tensor], docs: list[torch.Tensor], label: str = "all") -> np.ndarray:
    """The teachers' candidates of every query, kept in work/candidates-*.npy. int32 [Q, depth]

    Processes on several GPUs share the work: each makes the parts that no other has claimed and waits for the rest.
    A run that was broken off leaves claims: `vectors` removes them.
    """
    begin, mined = time.monotonic(), []
    edges = np.linspace(0, len(queries[0]), MINING_PARTS + 1).astype(int)
    paths = [Path(config.work) / f"candidates-{label}-{i}.npy" for i in range(MINING_PARTS)]
    for i, (low, high) in enumerate(zip(edges, edges[1:])):
        if claimed(paths[i].with_suffix(".claim")):
            save_array(paths[i], mining.by_teachers([q[low:high] for q in queries], docs, config.teachers.depth).numpy())
            mined.append(i)
    candidates = np.concatenate([np.load(wait_for(path)) for path in paths])
    print(f"mined parts {mined} of {label} in {time.monotonic() - begin:.0f} s", flush=True)
    return candidates


def students_candidates(config: Config, start: str, model, table, store: TokenStore, device: str) -> mining.Mined:
    """What the student of a checkpoint finds in the stores: runs that start from one checkpoint share it."""
    options = config.batch
    label = "-".join([Path(start).stem, str(options.stores), *map(str, options.student_kinds)])
    path = Path(config.work) / f"mined-{label}.npz"
    if claimed(path.with_suffix(".claim")):
        begin = time.monotonic()
        mined = mining.of_student(model, table.weights, store, options, config.seed, device)
        save_arrays(path, vars(mined))
        print(f"the student of {label} mined in {time.monotonic() - begin:.0f} s", flush=True)
    return mining.Mined(**np.load(wait_for(path)))


def folder(config: Config) -> Path:
    return Path(config.work) / "vectors"


def vector_file(config: Config, name: str, kind: str) -> Path:
    return folder(config) / f"{Path(name).name}-{kind}.npy"
