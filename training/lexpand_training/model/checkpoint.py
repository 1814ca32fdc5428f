"""New models and their files. A checkpoint is half precision: 46 MB, and no worse than its float32 original."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

from ..config import Config
from ..data import corpus
from . import pack
from .bert import Shape
from .student import DocumentEncoder, QueryTable, read_idf


def activation_type(device: str):
    return torch.bfloat16 if device == "cuda" else torch.float32


def new_model(config: Config, device: str) -> tuple[DocumentEncoder, QueryTable]:
    """The base body with a fresh head and the IDF as query table."""
    tokenizer = corpus.load_tokenizer(config.tokenizer)
    idf, allowed = read_idf(config.idf, corpus.vocabulary_of(tokenizer), config.student.idf_bound)
    state, shape, _ = pack.read(Path(config.weights) / "base.npz")
    model = DocumentEncoder(shape, allowed, config.student.logs, activation_type(device))
    model.body.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
    return model.to(device), QueryTable(idf, allowed).to(device)


def save_checkpoint(path, model: DocumentEncoder, table: QueryTable, config: dict, figures: dict) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    state = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    write(path, {"model": state, "table": table.weights, "shape": asdict(model.body.shape), "logs": model.logs, "config": config, "figures": figures})


def write(path, value: dict) -> None:
    """Appears whole or not at all: another process may wait for it."""
    part = Path(f"{path}.part")
    torch.save(value, part)
    part.rename(path)


def load_checkpoint(path, device: str) -> tuple[DocumentEncoder, QueryTable]:
    raw = torch.load(path, map_location="cpu", weights_only=True)
    allowed = raw["model"]["allowed"]
    model = DocumentEncoder(Shape(**raw["shape"]), allowed, raw["logs"], activation_type(device))
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in raw["model"].items()})
    return model.to(device), QueryTable(raw["table"], allowed).to(device)


def save_average(paths: list[Path], out: Path) -> None:
    """The mean of the weights of checkpoints that one run branched into (model soup, Wortsman et al. 2022). They share a
    basin, so that the mean carries over to other collections better than any of them."""
    several = [torch.load(path, map_location="cpu", weights_only=True) for path in paths]
    mean = several[0] | {"averaged": [path.stem for path in paths], "figures": {}}
    for name, value in mean["model"].items():
        if value.is_floating_point():
            mean["model"][name] = (sum(c["model"][name].float() for c in several) / len(several)).half()
    write(out, mean)
