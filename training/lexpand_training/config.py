"""One TOML file per model; the environment may move the data and the work folder."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path


def load(path: str | Path, overrides: list[str] = ()) -> dict:
    """Reads the file; overrides are `section.key=value` with TOML values."""
    config = tomllib.loads(Path(path).read_text())
    for text in overrides:
        override(config, text)
    for key, variable in (("data", "LEXPAND_TRAIN_DATA"), ("work", "LEXPAND_TRAIN_WORK"), ("dev", "LEXPAND_DEV_DATA")):
        config[key] = os.environ.get(variable, config[key])
    return config


def override(config: dict, text: str) -> None:
    """`section.key=value`, the value in TOML; unknown keys are errors."""
    key, value = text.split("=", 1)
    target = config
    *sections, last = key.split(".")
    for s in sections:
        target = target[s]
    if last not in target:
        raise KeyError(f"[config] {key} is not a setting")
    target[last] = tomllib.loads(f"v = {value}")["v"]
