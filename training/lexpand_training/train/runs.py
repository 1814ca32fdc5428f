"""The runs of `train`: what each is called, starts from and changes, one after the other on data loaded once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from ..config import Config, with_settings
from ..data.batches import Sampler
from ..data.shared_files import PATIENCE, wait_for
from ..data.store import TokenStore
from ..evaluate.retrieval import Retrieval, figures_of, summary
from ..evaluate.validation import mean_over_groups, per_query
from ..export.quantise import as_shipped
from ..model.checkpoint import load_checkpoint, save_average, save_checkpoint
from ..teachers import knowledge
from .corpus_weights import CorpusWeights
from .distill import distill


@dataclass(frozen=True)
class Run:
    """NAME:setting;setting. start=NAME goes on from an earlier run; mean=NAME,NAME is no training but their mean."""

    name: str
    start: str | None
    mean: tuple[str, ...]
    settings: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Run:
        name, _, rest = text.strip().partition(":")
        parts = [part for part in rest.split(";") if part]
        start = [part[6:] for part in parts if part.startswith("start=")]
        mean = [part[5:] for part in parts if part.startswith("mean=")]
        settings = tuple(part for part in parts if not part.startswith(("start=", "mean=")))
        return cls(name, start[0] if start else None, tuple(mean[0].split(",")) if mean else (), settings)


@dataclass(frozen=True)
class Tests:
    sets: list[Retrieval]
    validation: Retrieval | None = None


def followed(path: Path) -> Iterator[Run]:
    """The lines of a file that is followed until it says `end`: loading the data takes half a minute of rented time, so
    that one process serves a whole session."""
    seen = 0
    while True:
        lines = [line for line in path.read_text().splitlines() if line.strip()] if path.exists() else []
        if seen == len(lines):
            time.sleep(0.5)
            continue
        if lines[seen] == "end":
            return
        seen += 1
        yield Run.parse(lines[seen - 1])


def make_runs(config: Config, runs: Iterator[Run], first: str | None, folder: Path, tests: Tests, device: str) -> None:
    """Checkpoints and figures of every run below `folder`; `first` is the checkpoint of runs that name no start. What
    another process makes, a start or a part of a mean, is waited for."""
    stores = knowledge.load_stores(config)
    whole = TokenStore.joined(stores)
    targets = knowledge.load_targets(config, device)
    seen = {}
    print("data loaded", flush=True)
    for run in runs:
        settings = with_settings(config, run.settings)
        if run.mean:
            save_average([wait_for(folder / f"{part}.pt", PATIENCE) for part in run.mean], folder / f"{run.name}.pt")
            if settings.judge:
                judge(run.name, *load_checkpoint(folder / f"{run.name}.pt", device), settings, folder, tests, device)
            continue
        start = wait_for(folder / f"{run.start}.pt", PATIENCE) if run.start else first
        print(f"== {run.name} {run}", flush=True)
        torch.manual_seed(settings.seed)
        model, table = load_checkpoint(start, device)
        model.logs = settings.student.logs
        if (number := settings.batch.stores) not in seen:
            docs, queries = (sum(len(getattr(s, kind)) for s in stores[:number]) for kind in ("docs", "queries"))
            store = whole.first(docs, queries)
            vectors = [[v[:rows] for v in side] for side, rows in ((targets.queries, queries), (targets.documents, docs))]
            seen[number] = store, knowledge.teachers_candidates(config, *vectors, label=f"{number}-stores")
        store, candidates = seen[number]
        sampler = Sampler(store, candidates, settings.batch, settings.seed)
        weights = None
        if settings.batch.student_queries:
            mined = knowledge.students_candidates(settings, start, model, table, store, device)
            sampler.hard = (mined.where, mined.lists)
            if settings.distill.corpus_weights:
                frequency, sizes = (torch.from_numpy(np.asarray(a)).float().to(device) for a in (mined.frequency, mined.sizes))
                weights = CorpusWeights(frequency, sizes, table.weights)
        elif settings.distill.corpus_weights:
            raise ValueError("[train] corpus_weights counts pieces where the student mines: set batch.student_queries")
        knowledge.weigh(targets, settings)
        figures = distill(
            model, table, sampler, targets, settings.distill, settings.seed, device, weights, lambda line: print(line, flush=True)
        )
        save_checkpoint(folder / f"{run.name}.pt", model, table, asdict(settings), {"training": figures})
        print(f"RESULT {run.name} {figures}", flush=True)
        if settings.judge:
            judge(run.name, model, table, settings, folder, tests, device)


def judge(name: str, model, table, settings: Config, folder: Path, tests: Tests, device: str) -> None:
    """Prints figures and writes NAME.json, and every validation query's figures to NAME.npz."""
    quality = figures_of(model, table, tests.sets, device, settings.exact)
    print(f"QUALITY {name} {summary(quality)}", flush=True)
    if settings.exact:
        print(f"INT8 {name} {summary(figures_of(as_shipped(model), table, tests.sets, device))}", flush=True)
    found = {}
    if tests.validation:
        values = per_query(model, table.weights, tests.validation, device)
        np.savez_compressed(
            folder / f"{name}.npz", groups=np.array(tests.validation.groups), **{k: v.astype(np.float32) for k, v in values.items()}
        )
        found = {kind: mean_over_groups(tests.validation.groups, v) for kind, v in values.items()}
        print(f"VALIDATION {name} " + " ".join(f"{k} {mean:.4f} (+-{error:.4f})" for k, (mean, error) in found.items()), flush=True)
    (folder / f"{name}.json").write_text(json.dumps({"quality": quality, "validation": found}, indent=1))
