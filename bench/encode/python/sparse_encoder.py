"""SparseEncoder of sentence-transformers on the processor, as a peer of `lexpand bench encode`.

Same architecture as the bundled encoder with weights of no meaning: speed does not depend on them, and no model has to
be fetched. A bias below zero keeps the vectors empty, which spares it the work on entries. Its own batch size of 32,
default threads, word pieces given ready-made. Speaks the JSON lines of plain_onnxruntime.py; `tokenizer` names tokenizer.json.
"""

import json
import resource
import sys
import tempfile
import time

import torch
from sentence_transformers import SparseEncoder, __version__
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

BATCH = 32


def model_of(tokenizer_file):
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=tokenizer_file, cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]"
    )
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    )
    inner = BertForMaskedLM(config)
    with torch.no_grad():
        inner.cls.predictions.bias.fill_(-5.0)
    with tempfile.TemporaryDirectory() as folder:
        inner.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return SparseEncoder(folder, device="cpu")


def main():
    task = json.loads(sys.stdin.readline())
    model = model_of(task["tokenizer"]).eval()
    rows = [row for batch in task["batches"] for row in batch]
    batches = [torch.tensor(rows[at : at + BATCH]) for at in range(0, len(rows), BATCH)]
    print(json.dumps({"version": __version__}), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        with torch.inference_mode():
            for ids in batches:
                out = model({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
                out["sentence_embedding"].to_sparse()
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": seconds, "peak_kib": peak}), flush=True)


if __name__ == "__main__":
    main()
