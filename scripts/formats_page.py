# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Bring the tables of docs/formats.md up to date: `python scripts/formats_page.py`.

They are made from the registries that the program itself reads and writes by.
"""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.scans.readers.registry import readable_formats
from fewpoints.server.exports.formats import FORMATS, ExportFormat

PAGE = Path(__file__).resolve().parents[1] / "docs" / "formats.md"
GROUPS = {"sparse": "answers", "dense": "every point", "objects": "objects"}


def read_table() -> str:
    """Return the table of what is read."""
    rows = [
        f"| {known.title} | {' '.join(f'`{suffix}`' for suffix in known.suffixes)} | "
        f"{known.dialects} |"
        for known in readable_formats()
    ]
    return "\n".join(["| Format | Files | What of it |", "|---|---|---|", *rows])


def written_table() -> str:
    """Return the table of what is written."""
    rows = [
        f"| {known.title} | `{known.name}` | {GROUPS[known.group]} | {_files(known)} | "
        f"{known.version} | {known.holds} |"
        for known in FORMATS
    ]
    head = "| Format | `--kind` | Of | Files | Version | What is in it |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _files(known: ExportFormat) -> str:
    named = [*known.per_scan, *known.per_objects, *known.common]
    shown = (
        name.replace("{stem}", "<scan>-labels")
        .replace("{title}", "<scan>")
        .replace("{project}", "<project>")
        for name in named
    )
    return ", ".join(f"`{name}`" for name in shown)


def loaders() -> str:
    """Return the loader examples, one under the other."""
    return "\n\n".join(
        f"**{known.title}**\n\n```python\n"
        + known.example(_example_name(known), "room").rstrip()
        + "\n```"
        for known in FORMATS
    )


def _example_name(known: ExportFormat) -> str:
    name = (*known.per_scan, *known.common)[0]
    return name.format(title="room", stem="room-labels", project="office")


def updated(text: str) -> str:
    """Return the page with what stands between its marks made anew."""
    for mark, made in (("read", read_table()), ("written", written_table()), ("load", loaders())):
        start, end = f"<!-- {mark}: generated -->", f"<!-- {mark}: end -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        assert rest, f"{PAGE.name} has no mark {start}"
        text = f"{before}{start}\n\n{made}\n\n{end}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
