"""Haystack's retriever component by learned sparse search: text in, documents out, no embedder before it."""

from typing import Any

from haystack import Document, component

from .index import LexpandIndex


@component
class LexpandRetriever:
    """Retrieves documents for a pipeline; content is the text, meta everything else that is stored.

    :param request: further arguments of `LexpandIndex.search`: filter, mode, idf, balance
    """

    def __init__(self, index: LexpandIndex, top_k: int = 10, request: dict[str, Any] | None = None) -> None:
        self.index = index
        self.top_k = top_k
        self.request = request or {}

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """:param top_k: for this run alone"""
        hits = self.index.search(query, **self.request, size=self.top_k if top_k is None else top_k)
        fields = self.index.text_fields
        return {
            "documents": [
                Document(
                    id=hit.id,
                    content=self.index.text_of(hit.source),
                    meta={key: value for key, value in hit.source.items() if key not in fields},
                    score=hit.score,
                )
                for hit in hits
            ]
        }
