"""Text out of packages: what becomes a passage, a question, and what is left out."""

import json
import lzma
import subprocess

import pytest

from lexpand_training.sources import manuals, passages
from lexpand_training.sources.overlap import Overlap

SENTENCES = [
    f"Sentence {n} describes how the detector of the {w} experiment is calibrated with photons."
    for n, w in enumerate("alpha beta gamma delta".split())
]
PAGE = f"<title>Calibration - Manual</title><h1>Energy calibration of detectors¶</h1><p>{' '.join(SENTENCES)}</p><script>code</script><h2>Notes</h2><p>Too short.</p>"


@pytest.fixture
def overlap(tmp_path):
    copied = " ".join(f"word{i}" for i in range(40))
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"text": copied}) + "\n")
    (tmp_path / "queries.jsonl").write_text("")
    return Overlap([tmp_path])


def test_a_section_gives_passages_and_its_heading_as_question(tmp_path, overlap, monkeypatch):
    monkeypatch.setattr(manuals, "pages", lambda path: [("usr/share/doc/x/calibration.html", PAGE)])
    writer = passages.Writer(overlap)
    manuals.read_package(tmp_path, "manual-physics", writer)
    writer.write(tmp_path, "test")
    (passage,) = [json.loads(line) for line in lzma.open(tmp_path / "passages-test.jsonl.xz", "rt")]
    (pair,) = [json.loads(line) for line in lzma.open(tmp_path / "pairs-test.jsonl.xz", "rt")]
    assert pair["q"] == "Energy calibration of detectors" and pair["text"] == passage["text"] == " ".join(SENTENCES)
    assert passage["title"] == "Calibration - Energy calibration of detectors" and pair["title"] == "Calibration"


def test_long_texts_are_cut_at_sentence_ends():
    text = " ".join(f"Sentence {i} has exactly ten words in it, you see." for i in range(60))
    parts = list(passages.cut(text))
    assert " ".join(parts) == text and all(part.endswith(".") and len(part.split()) <= passages.LONGEST for part in parts)


def test_what_an_evaluation_collection_holds_is_left_out(overlap):
    copied = " ".join(f"word{i}" for i in range(5, 35))
    assert overlap.shares(f"As was said before, {copied}.") and not overlap.shares("word1 word2 word3 " * 10)


def test_a_package_is_read_without_unpacking_it(tmp_path):
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text("Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n")
    for name in ("usage.html", "genindex.html", "picture.png"):
        (tree / name).write_text("<p>text</p>")
    subprocess.run(["dpkg-deb", "--build", "-Znone", str(tree), str(tmp_path / "x.deb")], check=True, capture_output=True)
    assert [name.split("/")[-1] for name, _ in manuals.pages(tmp_path / "x.deb")] == ["usage.html"]
