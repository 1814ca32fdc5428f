"""Help pages of R packages (r_help.R writes them as JSON lines): a title is a question about its description."""

from __future__ import annotations

import json
from pathlib import Path

from .passages import Writer


def read_pages(path: Path, source: str, writer: Writer) -> None:
    for line in path.open(encoding="utf-8", errors="replace"):
        try:
            page = json.loads(line)
        except ValueError:  # a control character or a broken escape in one of ten thousand pages
            continue
        title = " ".join(page["title"].split())
        writer.section(source, f"{page['package']} {page['name']}", title, f"{page['description']} {page['details']}")
        writer.section(source, f"{page['package']} {page['name']}", f"{title}: value", f"{page['value']} {page['note']}")
