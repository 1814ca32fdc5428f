"""One TOML file per model becomes one frozen `Config`: a wrong name or type is an error when it is read, not an hour later.

The environment may move the data and the work folder. A run of `train` is the same configuration with some settings replaced.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path

from .settings import Batch, Corpus, Distillation, Export, Student, Teachers, Warmup

ENVIRONMENT = {"data": "LEXPAND_TRAIN_DATA", "work": "LEXPAND_TRAIN_WORK", "dev": "LEXPAND_DEV_DATA"}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Paths are relative to the folder that the commands run in."""

    name: str
    seed: int
    data: str  # folder with passages-*.jsonl.xz, pairs.jsonl.xz, queries.tsv.xz
    work: str  # token stores, vectors, checkpoints
    dev: str  # folder of BEIR folders
    dev_sets: tuple[str, ...]
    tokenizer: str
    idf: str  # the query table
    weights: str  # packed teachers and base
    runs: tuple[str, ...]
    ship: tuple[str, ...] = ()  # runs whose mean is the model
    judge: bool = True  # figures after every run
    exact: bool = True  # figures with float32 activations, as in the exported file
    stores: tuple[str, ...] = ("base",)  # token stores that `train` reads, the first ones first
    corpora: dict[str, Corpus]  # of every token store
    student: Student
    teachers: Teachers
    warmup: Warmup = field(default_factory=Warmup)
    batch: Batch
    distill: Distillation
    export: Export


def load(path: str | Path, overrides: typing.Sequence[str] = ()) -> Config:
    """Reads the file; overrides are `section.key=value` with TOML values."""
    raw = tomllib.loads(Path(path).read_text())
    raw |= {key: os.environ[variable] for key, variable in ENVIRONMENT.items() if variable in os.environ}
    return with_settings(build(Config, raw, ""), overrides)


def with_settings(config: Config, settings: typing.Iterable[str]) -> Config:
    """The configuration with `section.key=value` replaced, the value in TOML. Unknown keys are errors."""
    for text in settings:
        key, _, value = text.partition("=")
        config = replaced(config, key.split("."), tomllib.loads(f"v = {value}")["v"], key)
    teachers = config.teachers
    for kind, names, weights in (("dense", teachers.dense, teachers.weights), ("sparse", teachers.sparse, teachers.sparse_weights)):
        if len(names) != len(weights):
            raise ValueError(f"[config] expected a weight for each of {len(names)} {kind} teachers, got {len(weights)}")
    return config


def replaced(section, path: list[str], value, key: str):
    first, *rest = path
    if isinstance(section, dict):
        if first not in section:
            raise KeyError(f"[config] {key} is not a setting")
        return section | {first: replaced(section[first], rest, value, key)}
    types_of = typing.get_type_hints(type(section))
    if first not in types_of:
        raise KeyError(f"[config] {key} is not a setting")
    new = replaced(getattr(section, first), rest, value, key) if rest else checked(types_of[first], value, key)
    return dataclasses.replace(section, **{first: new})


def build(kind: type, raw: dict, place: str):
    """A dataclass out of a TOML table."""
    types_of = typing.get_type_hints(kind)
    if unknown := raw.keys() - types_of.keys():
        raise KeyError(f"[config] {', '.join(place + k for k in sorted(unknown))}: not a setting")
    required = {f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING}
    if missing := required - raw.keys():
        raise KeyError(f"[config] {', '.join(place + k for k in sorted(missing))}: missing")
    return kind(**{k: checked(types_of[k], v, place + k) for k, v in raw.items()})


def checked(kind, value, place: str):
    """TOML value -> value of this type; lists become tuples."""
    if dataclasses.is_dataclass(kind):
        return build(kind, value, f"{place}.")
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        inner = typing.get_args(kind)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        if len(kinds) == len(value):
            return tuple(checked(k, v, place) for k, v in zip(kinds, value))
    plain = typing.get_origin(kind) or kind
    if plain is dict and isinstance(value, dict) and typing.get_args(kind):
        return {name: checked(typing.get_args(kind)[1], v, f"{place}.{name}") for name, v in value.items()}
    if plain is float and type(value) is int:
        return float(value)
    if not isinstance(plain, types.UnionType) and type(value) is plain:
        return value
    raise TypeError(f"[config] {place}: expected {kind}, got {value!r}")
