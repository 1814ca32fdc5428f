"""The sections of a configuration: what every setting means, and its value where a file says nothing."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Text to documents and queries."""

    seed: int
    passages: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()  # sources of bare queries, by the start of their name
    title_drop: float = 0.0  # share of texts stored without their title
    code: int = 0  # functions of the installed Python packages
    long: int = 0  # joined passages of one page, up to 330 words
    sentences: int = 0  # single sentences as documents
    crops: int = 0
    clozes: int = 0  # sentences of a text of `cloze_sources` that look for the rest of it
    cloze_sources: tuple[str, ...] = ()
    keywords: int = 0
    exact: int = 0  # queries of one to three rare names, codes or numbers
    held_out_queries: int = 150  # per source
    held_out_documents: int = 12000


@dataclass(frozen=True, kw_only=True)
class Student:
    idf_bound: float = 2.0  # pieces below are masked on both sides
    logs: int = 2  # 1 = log1p(relu), 2 = the log of that again


@dataclass(frozen=True, kw_only=True)
class Teachers:
    """Weights are shares of one ensemble; every teacher's scores are min-max scaled first."""

    dense: tuple[str, ...]
    weights: tuple[float, ...]
    stems: float  # BM25 over stemmed words
    pieces: float  # BM25 over word pieces with the query table
    bonus: float  # for the document a query was written for
    sparse: tuple[str, ...] = ()  # checkpoints of encoders like the student, `vectors` writes their postings
    sparse_weights: tuple[float, ...] = ()
    length: int = 384
    depth: int = 64  # candidates of a query


@dataclass(frozen=True, kw_only=True)
class Warmup:
    steps: int = 2500
    seconds: float = 0.0
    documents: int = 384
    length: int = 192
    share: float = 0.25  # hidden words
    learning_rate: float = 5e-4


@dataclass(frozen=True, kw_only=True)
class Batch:
    queries: int
    mix: tuple[float, float, float, float]  # pair, bare, crop, keyword
    temper: float  # 1 = a source is drawn as often as it is large, 0 = all alike
    bands: tuple[tuple[int, int], ...]  # ranks among the teachers' candidates, one document from each
    stores: int = 1  # how many of the token stores are drawn from, the first ones
    length: int = 256  # word pieces of a document, [CLS] and [SEP] included
    long_share: float = 0.0  # share of the batches with `long_length` instead
    long_length: int = 512
    title_share: float = 0.0  # share of the documents with a title that get its own vector on top
    title_weight: float = 0.25
    student_hard: int = 0  # documents of a query that the student mined
    student_queries: int = 0
    student_documents: int = 0
    student_kinds: tuple[int, ...] = (0, 1)
    student_depth: int = 24


@dataclass(frozen=True, kw_only=True)
class Distillation:
    steps: int
    seconds: float = 0.0
    learning_rate: float
    warm: float  # share of the run until the full learning rate
    decay: float  # share of the run over which it goes to 0
    scale: float = 30.0  # of the teachers' ensemble in front of softmax
    sparsity: float  # the papers' lambda: weight of FLOPS
    sparsity_ramp: float = 0.0  # share of the run until the full weight; 0 = at once
    threshold: int  # the papers' l0: documents of at most so many pieces are left alone
    average: float = 0.999
    dropout: float = 0.0  # behind every sublayer
    student_hard_at: float = 0.0  # when the student mines its own candidates; 0 = never
    corpus_weights: bool = False  # query weights are a random blend of the table and the IDF of a random sub-corpus
    balances: tuple[float, ...] = (0.0,)  # the student's score is sparse + balance x BM25 over stems, balance drawn from these


@dataclass(frozen=True, kw_only=True)
class Export:
    arithmetic: str
    version: str
    licence: str
    base: str
    notes: str
    training: dict = field(default_factory=dict)
