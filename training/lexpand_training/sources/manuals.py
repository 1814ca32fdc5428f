"""HTML manuals inside Debian packages: sections under their headings."""

from __future__ import annotations

import html
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .passages import Writer

LARGEST = 2_000_000  # bytes of a page
PAGES = 4000  # of a package
NOISE = re.compile(r"<(script|style|pre|nav|header|footer|table|svg)\b.*?</\1>", re.S | re.I)
HEADING = re.compile(r"<h[1-5]\b[^>]*>(.*?)</h[1-5]>", re.S | re.I)
BLOCK = re.compile(r"<(p|dd|li|blockquote)\b[^>]*>(.*?)(?=</?(?:p|dd|dt|li|ul|ol|dl|div|blockquote|h[1-5])\b)", re.S | re.I)
TAG = re.compile(r"<[^>]+>")
TITLE = re.compile(r"<title>(.*?)</title>", re.S | re.I)
# Listings of files, indices and source code have no sentences.
LISTING = re.compile(
    r"(genindex|search|py-modindex|_modules|_sources|-members|_source|annotated|hierarchy|functions_|globals_|inherit)", re.I
)


def read_package(path: Path, source: str, writer: Writer) -> None:
    for name, raw in pages(path):
        title = plain(found.group(1)) if (found := TITLE.search(raw)) else Path(name).stem
        page = re.split(r" [—–|] | - (?=[A-Z])", title)[0]
        parts = HEADING.split(NOISE.sub(" ", raw))
        for heading, body in zip(parts[1::2], parts[2::2]):
            text = " ".join(p for _, block in BLOCK.findall(body + "<p>") if len((p := plain(block)).split()) > 5)
            if text:
                writer.section(source, page, plain(heading) or page, text)


def pages(path: Path) -> Iterator[tuple[str, str]]:
    """HTML files of a .deb, in the order of the archive."""
    with subprocess.Popen(["dpkg", "--fsys-tarfile", str(path)], stdout=subprocess.PIPE) as process:
        count = 0
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if (
                    member.isfile()
                    and member.name.endswith((".html", ".htm"))
                    and member.size < LARGEST
                    and not LISTING.search(member.name)
                ):
                    count += 1
                    if count <= PAGES:
                        yield member.name, archive.extractfile(member).read().decode("utf-8", "replace")


def plain(markup: str) -> str:
    text = html.unescape(TAG.sub("", markup)).replace("¶", " ").replace("\uf0c1", " ")
    return re.sub(r"^[\d.]+\s+", "", " ".join(text.split()))
