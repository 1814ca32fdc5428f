"""What Lexpand has set up an index with, read from its mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opensearchpy import OpenSearch

from .dsl import LexicalFields
from .errors import LexpandError
from .model import Model

Properties = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class InstalledIndex:
    """The parts of a specification that a query needs."""

    fields: tuple[str, ...]
    sparse_field: str
    vector_type: str
    lexical: LexicalFields
    balance: float | None
    """What `lexpand advise --store` has measured; None: nothing."""


def read_installed(client: OpenSearch, index: str, model: Model) -> InstalledIndex:
    """Reads what is behind a name: an index, or an alias whose indices one query can ask.

    :raises LexpandError: INDEX where Lexpand did not set it up, another model did, or the indices differ
    """
    found = [_installed(name, reply["mappings"], model) for name, reply in client.indices.get_mapping(index=index).items()]
    if not found or any(other != found[0] for other in found):
        raise LexpandError(
            "INDEX", f"[search] expected indices that one query can ask behind {index}, got {len(found)}. Search them apart."
        )
    return found[0]


def _installed(name: str, mapping: Mapping[str, Any], model: Model) -> InstalledIndex:
    specification = mapping.get("_meta", {}).get("lexpand")
    if not isinstance(specification, dict) or specification.get("version") != 1:
        raise LexpandError(
            "INDEX", f"[search] expected an index that Lexpand has set up, got {name} without _meta.lexpand. Run lexpand index."
        )
    theirs = specification["model"]
    for part, ours in (("vocabulary_hash", model.vocabulary_hash), ("query_table_hash", model.query_table_hash)):
        if theirs[part] != ours:
            raise LexpandError(
                "INDEX",
                f"[search] expected the {part} {theirs[part]} of {name} (model {theirs['name']} {theirs['version']}), got {ours}."
                " Load the model that filled the index.",
            )
    properties = mapping.get("properties", {})
    field = specification["sparse_field"]
    return InstalledIndex(
        fields=tuple(specification["fields"]),
        sparse_field=field,
        vector_type=properties.get(field, {}).get("type", "rank_features"),
        lexical=_lexical_fields(specification["fields"], properties),
        balance=_measured_balance(mapping["_meta"].get("lexpand_search", {}), specification),
    )


def _measured_balance(choice: Mapping[str, Any], specification: Mapping[str, Any]) -> float | None:
    """What was measured for other vectors does not apply."""
    return choice.get("balance") if choice.get("fingerprint") == specification.get("fingerprint") else None


def _lexical_fields(fields: list[str], properties: Properties) -> LexicalFields:
    """Fields that no query can reach (`index: false`) are left out."""
    plain: list[str] = []
    nested: dict[str, tuple[str, ...]] = {}
    for field in fields:
        if (_field_at(properties, field) or {}).get("index") is False:
            continue
        steps = field.split(".")
        outer = (".".join(steps[:end]) for end in range(len(steps) - 1, 0, -1))
        path = next((path for path in outer if (_field_at(properties, path) or {}).get("type") == "nested"), None)
        if path is None:
            plain.append(field)
        else:
            nested[path] = (*nested.get(path, ()), field)
    return LexicalFields(tuple(plain), nested)


def _field_at(properties: Properties, path: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = {"properties": properties}
    for step in path.split("."):
        found = (found or {}).get("properties", {}).get(step)
    return found
