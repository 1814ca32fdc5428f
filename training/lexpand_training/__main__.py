"""Commands: python -m lexpand_training COMMAND --config FILE [section.key=value ...]

  pack       weights of base and teachers out of unpacked packages
  tokens     text -> token store
  vectors    teacher vectors (GPU)
  lexical    BM25 index and stems of the queries
  teachers   how good each teacher is on the held-out pairs (GPU)
  warmup     masked-word warm-up (GPU)
  train      distillation: one run, or several with --run or --follow (GPU)
  average    the mean of the weights of some runs
  resume     a shipped file back to a checkpoint
  evaluate   figures of a checkpoint on the development sets
  validate   figures of several checkpoints on held-out questions among 100,000 texts (GPU)
  export     checkpoint -> ONNX, query table, manifest
  adapt      domain adaptation on a folder of documents
"""

from __future__ import annotations

import argparse
import sys

from . import commands, config


def main() -> int:
    parser = argparse.ArgumentParser(prog="lexpand_training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=sorted(commands.COMMANDS))
    parser.add_argument("--config", required=True)
    parser.add_argument("--from", dest="start", help="checkpoint to start from, evaluate or export")
    parser.add_argument("--out", help="where to write the result; tokens: the name of the store")
    parser.add_argument("--source", help="pack: unpacked packages; adapt: the folder of documents; average, validate: the folder of runs; resume: a model.onnx; export: figures")
    parser.add_argument("--run", action="append", default=[], help="train: NAME:key=value;key=value; validate: NAME (repeatable)")
    parser.add_argument("--follow", help="train: a file of such runs, followed until a line `end`")
    parser.add_argument("overrides", nargs="*", help="section.key=value")
    arguments = parser.parse_intermixed_args()
    commands.COMMANDS[arguments.command](config.load(arguments.config, arguments.overrides), arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
