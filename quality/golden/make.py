"""Golden values for metrics.test.ts and significance.test.ts, from the reference implementations.

    python -m venv VENV && VENV/bin/pip install pytrec_eval-terrier scipy numpy
    VENV/bin/python quality/golden/make.py

Runs and judgments are random but seeded: scores on a coarse grid, so that ties are common; grades 0 to 3;
queries without any relevant document, without any result, and results for queries without judgments; ids
whose byte order differs from their UTF-16 order.
"""

import json
import random
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytrec_eval
from scipy import stats

HERE = Path(__file__).parent
ODD_IDS = ["￮", "\U0001f600", "é", "z", "Z", "10", "9", "__proto__"]


def reciprocal_rank_at_10(qrels, run):
    """trec_eval has no cut for recip_rank: cut the run the way trec_eval orders it, then ask for it."""
    cut = {}
    for query, scores in run.items():
        ranked = sorted(scores, key=lambda d: (np.float32(scores[d]), d.encode()), reverse=True)
        cut[query] = {d: scores[d] for d in ranked[:10]}
    return pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(cut)


def make_metrics(seed):
    rng = random.Random(seed)
    documents = [f"d{n}" for n in range(400)] + ODD_IDS
    qrels, run = {}, {}
    for number in range(40):
        query = f"q{number}"
        judged = rng.sample(documents, rng.randint(1, 40))
        grades = [0] if number % 13 == 5 else [0, 0, 1, 1, 2, 3]
        qrels[query] = {d: rng.choice(grades) for d in judged}
        if number % 11 == 7:
            continue
        retrieved = rng.sample(documents, rng.randint(1, 300)) + rng.sample(judged, len(judged) // 2)
        # The grid makes ties; the tiny term makes scores that are equal only as 32-bit floats.
        run[query] = {d: rng.randint(1, 12) / 4 + rng.choice([0, 1e-9]) for d in retrieved}
    run["unjudged"] = {"d1": 1.0}
    measured = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.100"}).evaluate(run)
    reciprocal = reciprocal_rank_at_10(qrels, run)
    per_query = {
        query: {
            "ndcg_at_10": measured[query]["ndcg_cut_10"],
            "recall_at_100": measured[query]["recall_100"],
            "mrr_at_10": reciprocal[query]["recip_rank"],
        }
        for query in measured
    }
    return {"qrels": qrels, "run": run, "per_query": per_query}


def make_significance(seed):
    rng = np.random.default_rng(seed)
    cases = []
    for size, shift in [(43, 0.0), (43, 0.08), (225, 0.03), (300, 0.01), (500, 0.05)]:
        a = rng.beta(1, 1.5, size).round(4)
        b = np.clip(a + rng.normal(shift, 0.2, size) * (rng.random(size) < 0.6), 0, 1).round(4)
        test = stats.permutation_test(
            (b, a), lambda x, y: np.mean(x - y), permutation_type="samples",
            n_resamples=100_000, alternative="two-sided", rng=rng,
        )
        cases.append({"a": a.tolist(), "b": b.tolist(), "p": float(test.pvalue)})
    return cases


def main():
    metrics = {
        "made_by": f"pytrec_eval-terrier {version('pytrec_eval-terrier')}",
        "cases": [make_metrics(seed) for seed in (1, 2, 3)],
    }
    (HERE / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False, separators=(",", ":")) + "\n")
    significance = {"made_by": f"scipy {version('scipy')}", "cases": make_significance(4)}
    (HERE / "significance.json").write_text(json.dumps(significance, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
