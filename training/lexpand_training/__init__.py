"""Training of Lexpand's document encoder: text in, ONNX file and query table out.

The stages in order, each package importing those before it: `data` (text to token store), `sources` (the text), `model` (what is
trained), `teachers` (what should rank where), `evaluate`, `export`, `train`; `commands` runs them.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime reads it when imported, and uploads usage events without it
