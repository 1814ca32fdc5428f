"""Writes sparse/golden/vectors.json.gz: the vectors of 200 texts by a reference that shares no code with Lexpand.

Word pieces by Rust `tokenizers`, the graph by Python onnxruntime one window at a time, windows, merge and pruning in
numpy, written from their definitions. Texts: our own, and paragraphs of READMEs of the installed npm packages
named below (MIT or Apache-2.0).

Run: python sparse/golden/make-vectors.py
     (needs: pip install -r sparse/golden/requirements.txt, and `npm ci`)
"""

import gzip
import json
import os
import re
import sys
from itertools import islice
from pathlib import Path

# Read when onnxruntime is imported, which otherwise uploads usage events.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime
import tokenizers

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
MODEL = ROOT / "models" / "lexpand-mini-v1"
PACKAGES = ["commander", "zod", "bullmq", "pino", "ioredis", "fast-check", "html-to-text", "csv-parse", "luxon", "msgpackr", "cron-parser", "cli-progress"]
CLS, SEP, DOT_PIECES, SPECIALS = 101, 102, {1012, 2133, 29625}, {0, 100, 101, 102, 103}
# A weight this near to where a rule cuts may fall on either side: such texts are left out.
MARGIN = 1e-4
# The last bit of a float decides some rounding steps of the integer products, and float kernels differ between these:
# the test asks for equal vectors only where it runs on what the file was made on.
KERNELS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni")

OWN = [
    "Currently New York is rainy.", "", " \n\t ", "\u200b\u0301", "rain", "RAIN", "r\u00e1\u00efn", ".", "...", "?", "[SEP]", "[CLS] rain [SEP] snow [MASK]", "__proto__ constructor toString",
    "\u4e2d\u6587\u5206\u8bcd\u3002", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8", "\ud55c\uad6d\uc5b4 \ubb38\uc7a5", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0644\u063a\u0629", "\u041c\u043e\u0441\u043a\u0432\u0430 \u2014 \u0441\u0442\u043e\u043b\u0438\u0446\u0430", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22", "caf\u00e9 cre\u0300me br\u00fbl\u00e9e",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family \U0001f600", "a" * 500, "x y z " * 40, "3.14159 2.71828 1.41421", "https://example.org/path?query=1#fragment", "def add(a, b):\n    return a + b", "SELECT * FROM users WHERE id = 42;", "e = mc\u00b2 \u2260 \u221e", "tab\tseparated\tvalues", "soft\u00adhyphen zero\u200bwidth",
    "How do I renew a lock before a job stalls?", "The heart pumps blood through the arteries to every organ of the body.", "Inflation rose by three percent while wages stood still.", "She sold the violin that her grandfather had carried over the mountains.", "Boil the lentils for twenty minutes, then add salt, cumin and a little vinegar.",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.", "The treaty of 1648 ended the Thirty Years' War.", "Shock waves form on the upper surface of a wing near the speed of sound.", "A tort is a civil wrong that causes loss to another person.", "Glaciers carve valleys with a rounded floor and steep walls.",
]

tokenizer = tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 2
session = onnxruntime.InferenceSession(str(MODEL / "model.onnx"), options, providers=["CPUExecutionProvider"])


def windows_of(pieces: list[int], max_length: int, overlap: int, max_windows: int) -> list[list[int]]:
    content = max_length - 2
    windows = [pieces[:content]] if pieces else []
    end = content
    while end < len(pieces) and len(windows) < max_windows:
        windows.append(pieces[end - overlap : end - overlap + content])
        end += content - overlap
    return windows


def encode(window: list[int]) -> np.ndarray:
    """Weights over the whole vocabulary."""
    ids = np.array([[CLS, *window, SEP]], dtype=np.int64)
    weights, token_ids = session.run(["weights", "token_ids"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    dense = np.zeros(30_522, dtype=np.float32)
    dense[token_ids[0]] = weights[0]
    return dense


def expand(text: str, windowing: dict, pruning: dict) -> dict | None:
    pieces = tokenizer.encode(text, add_special_tokens=False).ids
    windows = windows_of(pieces, windowing["maxLength"], windowing["overlap"], windowing["maxWindows"])
    dense = np.max([encode(window) for window in windows], axis=0) if windows else np.zeros(30_522, dtype=np.float32)
    dense[list(SPECIALS | DOT_PIECES)] = 0
    kept = keep(dense, pruning)
    if kept is None:
        return None
    content, step = windowing["maxLength"] - 2, windowing["maxLength"] - 2 - windowing["overlap"]
    covered = min(len(pieces), content + (windowing["maxWindows"] - 1) * step)
    order = sorted(kept, key=lambda token: -dense[token])
    return {
        "text": text,
        "tokens": len(pieces),
        "windows": len(windows),
        "truncated": len(pieces) - covered,
        "ids": [int(token) for token in order],
        "weights": [round(float(dense[token]), 5) for token in order],
    }


def keep(dense: np.ndarray, pruning: dict) -> list[int] | None:
    """Token ids that a rule keeps; None where the margin is too small to say."""
    tokens = [int(token) for token in np.flatnonzero(dense)]
    ranked = sorted(tokens, key=lambda token: -dense[token])
    weights = dense[ranked]
    match pruning["type"]:
        case "none":
            return ranked
        case "max_ratio" | "abs_value":
            least = pruning["threshold"] if pruning["type"] == "abs_value" else pruning["ratio"] * weights.max(initial=0)
            return None if np.any(np.abs(weights - least) < MARGIN) else [t for t in ranked if dense[t] >= least]
        case "top_k":
            k = pruning["k"]
            if len(ranked) > k and weights[k - 1] - weights[k] < MARGIN:
                return None
            return ranked[:k]
        case "alpha_mass":
            sums = np.cumsum(weights, dtype=np.float64)
            most = pruning["mass"] * sums[-1] if len(sums) else 0
            count = int(np.sum(sums <= most))
            ties = 0 < count < len(ranked) and weights[count - 1] - weights[count] < MARGIN
            return None if ties or np.any(np.abs(sums - most) < MARGIN * 10) else ranked[:count]


def readme_paragraphs() -> tuple[list[str], dict[str, str]]:
    paragraphs, versions = [], {}
    for package in PACKAGES:
        folder = ROOT / "node_modules" / package
        about = json.loads((folder / "package.json").read_text())
        assert about["license"] in {"MIT", "Apache-2.0"}, (package, about["license"])
        versions[package] = about["version"]
        readme = next(path for path in folder.iterdir() if path.name.lower() == "readme.md").read_text()
        blocks = [re.sub(r"\s+", " ", block).strip() for block in re.split(r"\n\s*\n", readme)]
        paragraphs += [block for block in blocks if 80 <= len(block) <= 700][:16]
    return paragraphs, versions


paragraphs, versions = readme_paragraphs()
whole = {"maxLength": 512, "overlap": 32, "maxWindows": 16}
small = {"maxLength": 48, "overlap": 8, "maxWindows": 6}
book = " ".join(paragraphs)
GROUPS = [
    (whole, {"type": "none"}, OWN, 40),
    (whole, {"type": "max_ratio", "ratio": 0.1}, paragraphs, 100),
    (small, {"type": "none"}, [f"{a} {b}" for a, b in zip(paragraphs[100:], paragraphs[120:])], 24),
    (small, {"type": "top_k", "k": 32}, paragraphs[20:], 10),
    (small, {"type": "alpha_mass", "mass": 0.8}, paragraphs[40:], 10),
    (small, {"type": "abs_value", "threshold": 0.25}, paragraphs[60:], 10),
    # 2, 5 and more than all of the windows.
    ({**whole, "maxWindows": 5}, {"type": "max_ratio", "ratio": 0.1}, [book[: n + 60 * i] for i in range(9) for n in (2_600, 7_000, 30_000)], 6),
]
cpu = Path("/proc/cpuinfo")
flags = cpu.read_text().split() if cpu.exists() else []
golden = {
    "made_with": {"python": sys.version.split()[0], "tokenizers": tokenizers.__version__, "onnxruntime": onnxruntime.__version__, "numpy": np.__version__, "kernels": [k for k in KERNELS if k in flags]},
    "texts_from": versions,
    "groups": [],
}
for windowing, pruning, texts, count in GROUPS:
    expanded = list(islice((found for text in texts if (found := expand(text, windowing, pruning)) is not None), count))
    assert len(expanded) == count, (pruning, len(expanded))
    golden["groups"].append({"windowing": windowing, "pruning": pruning, "texts": expanded})

content = json.dumps(golden, separators=(",", ":")).encode()
(FOLDER / "vectors.json.gz").write_bytes(gzip.compress(content, 9, mtime=0))
print(sum(len(group["texts"]) for group in golden["groups"]), "texts;", golden["made_with"])
