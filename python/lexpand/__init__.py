"""Learned sparse search on OpenSearch without a model at query time.

Queries from Python; documents are encoded by Lexpand's workers, whoever writes them.
"""

from .errors import LexpandError
from .index import Hit, LexpandIndex
from .model import Model, load_model
from .query import QueryToken, encode_query

__all__ = ["Hit", "LexpandError", "LexpandIndex", "Model", "QueryToken", "encode_query", "load_model"]
