"""Quality of ONNX files side by side: python -m lexpand_training.evaluate.gate --table FOLDER/query-table.json REFERENCE OTHER ... --sets DIR ...

Exit 1 when a file loses more nDCG@10 than --within against the first one on any set. Both are encoded in the same way:
documents up to 512 word pieces, sorted by length, pruned as the library does by default; exact dot products.
--out writes all figures of the last file in the form that `export --source` reads: the manifest then states what was
measured with the very file it ships.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from ..data import corpus
from .retrieval import PRUNING, Retrieval, Sparse, bm25_scores, quality_of

BUDGET = 512  # word pieces of a batch, as workers/encoders/onnx.ts
CPU = Path("/proc/cpuinfo")
# The same rule as workers/encoders/integer-products.ts: without VNNI onnxruntime's products of uint8 and int8 saturate.
SATURATES = platform.machine() in ("x86_64", "AMD64") and not (CPU.exists() and re.search(r"\b(avx512_vnni|avx_vnni)\b", CPU.read_text()))


def session_of(path: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    if SATURATES:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def encode(session, docs, pieces: int, special: tuple[int, int]) -> Sparse:
    """docs: word pieces without [CLS] and [SEP]"""
    lengths = docs.lengths
    order = np.argsort(lengths, kind="stable")
    rows, ids, values, at = [], [], [], 0
    while at < len(order):
        end = at + 1
        while end < len(order) and (end + 1 - at) * (lengths[order[end]] + 2) <= BUDGET:
            end += 1
        texts = [np.concatenate([special[:1], docs.row(i), special[1:]]) for i in order[at:end]]
        batch = np.zeros((len(texts), len(texts[-1])), np.int64)
        for row, text in zip(batch, texts):
            row[: len(text)] = text
        mask = (np.arange(batch.shape[1]) < np.array([[len(t)] for t in texts])).astype(np.int64)
        weights, token_ids = session.run(["weights", "token_ids"], {"input_ids": batch, "attention_mask": mask})
        row, column = np.nonzero(weights > 0)
        rows.append(order[at:end][row])
        ids.append(token_ids[row, column])
        values.append(weights[row, column])
        at = end
    row, piece, weight = (torch.from_numpy(np.concatenate(p)) for p in (rows, ids, values))
    by_row = torch.argsort(row, stable=True)
    return Sparse(row[by_row], piece[by_row], weight[by_row], len(docs), pieces)


def agreement(a: Sparse, b: Sparse) -> float:
    """Mean cosine of the documents of two files."""

    def keyed(s: Sparse):
        return s.row * s.pieces + s.piece

    def squares(s: Sparse):
        return torch.zeros(s.count).index_add_(0, s.row, s.weight**2)

    order = torch.argsort(keyed(b))
    keys, weight = keyed(b)[order], b.weight[order]
    at = torch.searchsorted(keys, keyed(a)).clamp(max=len(keys) - 1)
    shared = torch.where(keys[at] == keyed(a), weight[at], torch.zeros(()))
    dots = torch.zeros(a.count).index_add_(0, a.row, a.weight * shared)
    return float((dots / (squares(a) * squares(b)).sqrt().clamp(min=1e-9)).mean())


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="lexpand_training.evaluate.gate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", help="ONNX files; the first is the reference")
    parser.add_argument("--table", required=True, help="query-table.json, with tokenizer.json beside it")
    parser.add_argument("--sets", nargs="+", required=True, help="BEIR folders")
    parser.add_argument("--within", type=float, default=0.003)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", help="JSON file for the figures of the last ONNX file")
    arguments = parser.parse_args()
    tokenizer = corpus.load_tokenizer(str(Path(arguments.table).parent / "tokenizer.json"))
    vocabulary = tokenizer.get_vocab()
    table = torch.zeros(len(vocabulary))
    for piece, weight in json.loads(Path(arguments.table).read_text()).items():
        table[vocabulary[piece]] = weight
    special = (vocabulary["[CLS]"], vocabulary["[SEP]"])
    worst, last = 0.0, {}
    for folder in arguments.sets:
        test = Retrieval.beir(Path(folder), tokenizer)
        test.bm25 = bm25_scores(test, corpus.vocabulary_of(tokenizer), "cpu")
        reference, first = None, 0.0
        for path in arguments.files:
            begin = time.monotonic()
            raw = encode(session_of(path, arguments.threads), test.docs, len(table), special)
            seconds = time.monotonic() - begin
            last[test.name] = quality = quality_of(raw, table, test)
            ndcg, docs = quality["pruned_ndcg"], raw.pruned(PRUNING)
            if reference is None:
                reference, first = docs, ndcg
            worst = max(worst, first - ndcg)
            print(
                f"{test.name} {path}: nDCG@10 {ndcg:.4f} ({ndcg - first:+.4f}), half corpus IDF {quality['pruned_blend_ndcg']:.4f}, "
                f"tokens {quality['pruned_tokens']:.1f}, FLOPS {quality['pruned_flops']:.3f}, "
                f"cosine {agreement(reference, docs):.4f}, {docs.count / seconds:.1f} docs/s",
                flush=True,
            )
    if arguments.out:
        Path(arguments.out).write_text(json.dumps({"int8": last}, indent=1))
    if worst > arguments.within:
        print(f"[gate] expected at most {arguments.within} nDCG@10 below {arguments.files[0]}, got {worst:.4f}.", file=sys.stderr)
    return int(worst > arguments.within)


if __name__ == "__main__":
    sys.exit(main())
