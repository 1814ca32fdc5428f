"""The query side of a model: tokenizer and table. The encoder is not needed here."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from .errors import LexpandError

DEFAULT_MODEL = "lexpand-mini-v1"


@dataclass(frozen=True)
class Model:
    """What a query needs of a model.

    `table` gives each word piece its weight, above 0; the hashes tell whether an index was made with it.
    """

    name: str
    version: str
    tokenizer: Tokenizer
    table: dict[str, float]
    special_ids: frozenset[int]
    vocabulary_hash: str
    query_table_hash: str


def load_model(reference: str = DEFAULT_MODEL) -> Model:
    """Loads a model that comes with the package by its name, or one from a folder.

    :raises LexpandError: MODEL for a folder that is missing, incomplete or damaged (SHA-256 of both files)
    """
    folder = _folder_of(reference)
    manifest = json.loads(_read(folder, "manifest.json"))
    checked = {}
    for file in ("tokenizer.json", "query-table.json"):
        checked[file] = _read(folder, file)
        expected, found = manifest["files"].get(file), hashlib.sha256(checked[file]).hexdigest()
        if found != expected:
            raise LexpandError(
                "MODEL", f"[model] expected SHA-256 {expected} of {file}, got {found}. Restore the folder {folder}."
            )
    tokenizer = Tokenizer.from_str(checked["tokenizer.json"].decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    added = tokenizer.get_added_tokens_decoder()
    return Model(
        name=manifest["name"],
        version=manifest["version"],
        tokenizer=tokenizer,
        table=_table(json.loads(checked["query-table.json"])),
        special_ids=frozenset(id for id, token in added.items() if token.special),
        vocabulary_hash=manifest["vocabulary_hash"],
        query_table_hash=manifest["query_table_hash"],
    )


def _folder_of(reference: str) -> Path:
    here = Path(__file__).resolve().parent
    # Beside this file in the package; in a checkout where the other languages have it.
    for folder in (here / "models", here.parent.parent / "models"):
        if "/" not in reference and (folder / reference / "manifest.json").exists():
            return folder / reference
    return Path(reference)


def _read(folder: Path, file: str) -> bytes:
    try:
        return (folder / file).read_bytes()
    except OSError as error:
        raise LexpandError(
            "MODEL", f"[model] expected {file} in {folder}, got {error.strerror}. Use {DEFAULT_MODEL}, or a folder of a model."
        ) from error


def _table(content: object) -> dict[str, float]:
    if not isinstance(content, dict):
        raise LexpandError("MODEL", "[query table] expected a flat JSON object, got another. Restore query-table.json.")
    for piece, weight in content.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not math.isfinite(weight):
            raise LexpandError(
                "MODEL", f"[query table] expected a finite number for {piece!r}, got {weight!r}. Restore query-table.json."
            )
    return {piece: float(weight) for piece, weight in content.items() if weight > 0}
