"""Files that several processes make together: each appears whole or not at all, and is made by the one that claims it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

PATIENCE = 3600  # seconds for what another process trains


def save_array(path: Path, array: np.ndarray) -> None:
    part = path.with_suffix(f".{os.getpid()}.npy")
    np.save(part, array)
    part.rename(path)


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    part = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(part, **arrays)
    part.rename(path)


def claimed(path: Path) -> bool:
    """True for the one process that is first: the others wait for what it makes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def wait_for(path: Path, seconds: int = 600) -> Path:
    for _ in range(seconds * 5):
        if path.exists():
            return path
        time.sleep(0.2)
    raise FileNotFoundError(f"[train] {path} did not appear in {seconds} s. Run the stage that makes it first.")
