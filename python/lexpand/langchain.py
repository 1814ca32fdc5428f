"""LangChain's retriever by learned sparse search: text in, documents out, no embedding model."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from .index import LexpandIndex


class LexpandRetriever(BaseRetriever):
    """Content of a document is its text, metadata everything else that is stored; index and score stand under `lexpand`.

    `k` counts for the retriever, and for one call: `retriever.invoke("heart attack", k=2)`. `request` holds further arguments of
    `LexpandIndex.search`: filter, mode, idf, balance.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: LexpandIndex
    k: int = Field(default=4, ge=0, le=10_000)
    request: dict[str, Any] = Field(default_factory=dict)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        hits = self.index.search(query, **self.request, size=self.k if k is None else k)
        fields = self.index.text_fields
        return [
            Document(
                id=hit.id,
                page_content=self.index.text_of(hit.source),
                metadata={
                    **{key: value for key, value in hit.source.items() if key not in fields},
                    "lexpand": {"index": hit.index, "score": hit.score},
                },
            )
            for hit in hits
        ]
