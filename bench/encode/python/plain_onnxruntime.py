"""Plain Python onnxruntime on the same graph, the figure that `lexpand bench encode` is compared with.

Default session options, so all cores. Speaks JSON lines with its parent:

    in   {"model": PATH, "inputs": [NAME, ...], "batches": [[[id, ...], ...], ...]}   rows of a batch have one length
    out  {"version": VERSION}
    in   one empty line: run all batches once
    out  {"seconds": S, "peak_kib": KIB}
"""

import json
import resource
import sys
import time

import numpy as np
import onnxruntime


def feeds_of(batch, inputs):
    ids = np.array(batch, dtype=np.int64)
    known = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    return {name: known[name] for name in inputs}


def main():
    task = json.loads(sys.stdin.readline())
    session = onnxruntime.InferenceSession(task["model"], providers=["CPUExecutionProvider"])
    feeds = [feeds_of(batch, task["inputs"]) for batch in task["batches"]]
    print(json.dumps({"version": onnxruntime.__version__}), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        for feed in feeds:
            session.run(None, feed)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": seconds, "peak_kib": peak}), flush=True)


if __name__ == "__main__":
    main()
