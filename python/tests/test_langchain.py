"""LangChain's own suite for retrievers."""

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from lexpand import LexpandIndex
from lexpand.langchain import LexpandRetriever


class TestLexpandRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _with_index(self, index: LexpandIndex) -> None:
        self.index = index

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return LexpandRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self.index}

    @property
    def retriever_query_example(self) -> str:
        return "wing bird river"


def test_metadata_and_filter_are_kept_and_callbacks_called(index: LexpandIndex) -> None:
    class Events(BaseCallbackHandler):
        queries: list[str] = []

        def on_retriever_start(self, serialized: Any, query: str, **_: Any) -> None:
            self.queries.append(query)

    retriever = LexpandRetriever(index=index, k=5, request={"filter": {"term": {"tenant": "acme"}}})
    events = Events()
    documents = retriever.invoke("wing bird", config={"callbacks": [events]})
    assert events.queries == ["wing bird"]
    assert len(documents) == 5
    for document in documents:
        assert document.metadata["tenant"] == "acme"
        assert document.metadata["lexpand"]["score"] > 0
        assert document.page_content
        assert document.id
