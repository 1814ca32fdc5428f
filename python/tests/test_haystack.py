"""Haystack: the component by itself and in a pipeline."""

from haystack import Pipeline
from haystack.components.joiners import DocumentJoiner

from lexpand import LexpandIndex
from lexpand.haystack import LexpandRetriever


def test_top_k_counts_for_the_component_and_for_one_run(index: LexpandIndex) -> None:
    retriever = LexpandRetriever(index, top_k=3, request={"filter": {"term": {"tenant": "acme"}}})
    documents = retriever.run("wing bird")["documents"]
    assert len(documents) == 3
    assert len(retriever.run("wing bird", top_k=1)["documents"]) == 1
    for document in documents:
        assert document.content
        assert document.score is not None
        assert document.meta["tenant"] == "acme"


def test_a_pipeline_passes_its_documents_on(index: LexpandIndex) -> None:
    pipeline = Pipeline()
    pipeline.add_component("retriever", LexpandRetriever(index, top_k=2))
    pipeline.add_component("joiner", DocumentJoiner())
    pipeline.connect("retriever.documents", "joiner.documents")
    assert len(pipeline.run({"retriever": {"query": "wing bird"}})["joiner"]["documents"]) == 2
