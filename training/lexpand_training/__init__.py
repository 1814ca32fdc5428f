"""Training of Lexpand's document encoder: text in, ONNX file and query table out.

The stages in order: `corpus` (text -> token store), `teachers` and `lexical` (what should rank where),
`mining` (which documents a query is compared with), `warmup` and `distill` (training), `evaluate`, `export`.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime reads it when imported, and uploads usage events without it
