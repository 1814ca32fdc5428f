"""The commands. Every stage reads the files of the stage before and writes its own below the work folder."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from .config import Config
from .data import adapt as adaptation
from .data import corpus
from .data.store import TokenStore
from .evaluate import teacher_report, validation
from .evaluate.retrieval import Retrieval, bm25_scores, figures_of, summary
from .export.model_folder import write_folder
from .export.quantise import as_shipped
from .export.resume import has_names, read_named, read_shipped
from .model import pack
from .model.checkpoint import load_checkpoint, new_model, save_average, save_checkpoint
from .model.student import read_idf
from .teachers import knowledge
from .train.runs import Run, Tests, followed, make_runs
from .train.warmup import warm_up

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def pack_weights(config: Config, arguments: Namespace) -> None:
    pack.pack_all(Path(arguments.source), Path(config.weights), config.teachers.dense)


def tokens(config: Config, arguments: Namespace) -> None:
    """All stores, or the one that --out names."""
    for name in [arguments.out] if arguments.out else config.stores:
        corpus.prepare_tokens(config.corpora[name], Path(config.data), tokens_of(config), name, corpus.load_tokenizer(config.tokenizer))


def vectors(config: Config, arguments: Namespace) -> None:
    torch.set_float32_matmul_precision("high")
    knowledge.write_vectors(config, DEVICE)


def lexical(config: Config, arguments: Namespace) -> None:
    knowledge.write_bm25(config)


def teachers(config: Config, arguments: Namespace) -> None:
    """How good each teacher is on the held-out pairs."""
    held = Retrieval.held_out(TokenStore.load(tokens_of(config) / f"{config.stores[0]}-held-out"))
    teacher_report.report(config, held, lambda name: knowledge.teacher_named(config, name, DEVICE), DEVICE)


def warmup(config: Config, arguments: Namespace) -> None:
    torch.manual_seed(config.seed)
    torch.set_float32_matmul_precision("high")
    docs = TokenStore.load_documents(tokens_of(config) / config.stores[0])
    model, table = new_model(config, DEVICE)
    warm_up(model, docs, config.warmup, config.seed, DEVICE, lambda line: print(line, flush=True))
    save_checkpoint(arguments.out, model, table, asdict(config), {})


def train(config: Config, arguments: Namespace) -> None:
    """Runs from the command line, else those of a followed file, else those of the configuration."""
    torch.set_float32_matmul_precision("high")
    if arguments.follow:
        runs = followed(Path(arguments.follow))
    else:
        runs = iter([Run.parse(text) for text in arguments.run or config.runs])
    tests = Tests(dev_sets(config, DEVICE), held_out_questions(config))
    make_runs(config, runs, arguments.start, Path(arguments.out), tests, DEVICE)


def resume(config: Config, arguments: Namespace) -> None:
    """A shipped file, --source, becomes the checkpoint --out."""
    vocabulary = corpus.vocabulary_of(corpus.load_tokenizer(config.tokenizer))
    idf, _ = read_idf(config.idf, vocabulary, config.student.idf_bound)
    source = Path(arguments.source)
    read = read_named(source, idf, DEVICE) if has_names(source) else read_shipped(source, idf, config.student.logs, DEVICE)
    save_checkpoint(arguments.out, *read, asdict(config), {})


def average(config: Config, arguments: Namespace) -> None:
    """The mean of the weights of the runs that `ship` names, in the folder --source; written to --out."""
    save_average([Path(arguments.source) / f"{name}.pt" for name in config.ship], Path(arguments.out))


def evaluate(config: Config, arguments: Namespace) -> None:
    torch.set_float32_matmul_precision("high")
    model, table = load_checkpoint(arguments.start, DEVICE)
    sets = dev_sets(config, DEVICE)
    quality = figures_of(model, table, sets, DEVICE)
    print(summary(quality), flush=True)
    shipped = figures_of(as_shipped(model), table, sets, DEVICE)
    print("int8", summary(shipped), flush=True)
    if arguments.out:
        Path(arguments.out).write_text(json.dumps({"float": quality, "int8": shipped}, indent=1))


def validate(config: Config, arguments: Namespace) -> None:
    """The checkpoints of --run, in the folder --source, on held-out questions among 100,000 texts; --out: .npz of all of them."""
    torch.set_float32_matmul_precision("high")
    test = held_out_questions(config)
    found = {"groups": np.array(test.groups)}
    for name in arguments.run:
        model, table = load_checkpoint(Path(arguments.source) / f"{name}.pt", DEVICE)
        figures = validation.per_query(model, table.weights, test, DEVICE)
        found |= {f"{name}/{kind}": values.astype(np.float32) for kind, values in figures.items()}
        means = {kind: "{:.4f} +- {:.4f}".format(*validation.mean_over_groups(test.groups, v)) for kind, v in figures.items()}
        print(f"VALIDATION {name} {len(test.queries)} queries, {len(test.docs)} texts: {means}", flush=True)
    if arguments.out:
        np.savez_compressed(arguments.out, **found)


def export(config: Config, arguments: Namespace) -> None:
    """--source may name the figures that `evaluate` wrote, for the manifest: those of the int8 weights are used."""
    figures = {"quality": json.loads(Path(arguments.source).read_text())["int8"]} if arguments.source else {}
    write_folder(config, arguments.start, Path(arguments.out), figures)


def adapt(config: Config, arguments: Namespace) -> None:
    """Adapts the checkpoint --from to the documents in --source; writes the model folder --out and a report."""
    work, (name,) = Path(config.work), config.stores
    tokenizer = corpus.load_tokenizer(config.tokenizer)
    train_side, held_side = adaptation.collections(Path(arguments.source), config.corpora[name])
    corpus.tokenise(train_side, tokenizer).save(tokens_of(config) / name, parts=1)
    corpus.tokenise(held_side, tokenizer).save(tokens_of(config) / f"{name}-held-out", parts=1)
    knowledge.write_bm25(config)
    knowledge.write_vectors(config, DEVICE)
    test = [Retrieval.held_out(TokenStore.load(tokens_of(config) / f"{name}-held-out"))]
    before = figures_of(*load_checkpoint(arguments.start, DEVICE), test, DEVICE)
    (run,) = [Run.parse(text) for text in config.runs]
    make_runs(config, iter([run]), arguments.start, work / "runs", Tests(test), DEVICE)
    adapted = work / "runs" / f"{run.name}.pt"
    after = figures_of(*load_checkpoint(adapted, DEVICE), test, DEVICE)
    write_folder(config, adapted, Path(arguments.out), {})
    for label, figures in (("before", before), ("after", after)):
        held = figures["held-out"]
        print(f"{label}: nDCG@10 {held['ndcg']:.4f} Recall@100 {held['recall']:.4f} tokens {held['tokens']:.0f} FLOPS {held['flops']:.3f}")


def tokens_of(config: Config) -> Path:
    return Path(config.work) / "tokens"


def dev_sets(config: Config, device: str) -> list[Retrieval]:
    """The development sets, each with its BM25 scores for the default search."""
    tokenizer = corpus.load_tokenizer(config.tokenizer)
    sets = [Retrieval.beir(Path(config.dev) / name, tokenizer) for name in config.dev_sets]
    for test in sets:
        test.bm25 = bm25_scores(test, corpus.vocabulary_of(tokenizer), device)
    return sets


def held_out_questions(config: Config) -> Retrieval:
    stores = [TokenStore.load(tokens_of(config) / f"{name}-held-out") for name in config.stores]
    vocabulary = corpus.vocabulary_of(corpus.load_tokenizer(config.tokenizer))
    return validation.validation_set(stores, TokenStore.load(tokens_of(config) / config.stores[0]), vocabulary, DEVICE)


COMMANDS = {
    "adapt": adapt,
    "average": average,
    "resume": resume,
    "pack": pack_weights,
    "tokens": tokens,
    "vectors": vectors,
    "teachers": teachers,
    "lexical": lexical,
    "warmup": warmup,
    "train": train,
    "evaluate": evaluate,
    "validate": validate,
    "export": export,
}
