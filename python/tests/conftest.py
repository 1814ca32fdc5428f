"""Tests run by themselves (golden files) and against an index that integration-tests/agents/python.test.ts fills."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from opensearchpy import OpenSearch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lexpand import LexpandIndex, Model, load_model  # noqa: E402


@pytest.fixture(scope="session")
def model() -> Model:
    return load_model()


def _environment(name: str) -> str:
    if name not in os.environ:
        pytest.skip(f"{name} is not set: run vitest with integration-tests/agents/python.test.ts")
    return os.environ[name]


@pytest.fixture(scope="session")
def client() -> OpenSearch:
    return OpenSearch(hosts=[_environment("OPENSEARCH_URL")])


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """Hits of the TypeScript package, by index and request."""
    return json.loads(Path(_environment("LEXPAND_EXPECTED")).read_text())


@pytest.fixture(scope="session")
def index(client: OpenSearch, expected: dict[str, Any], model: Model) -> LexpandIndex:
    return LexpandIndex(client, expected["cases"][0]["index"], model)
