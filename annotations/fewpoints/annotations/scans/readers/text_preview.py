# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a person needs to see of a text table to say how it is laid out: its layout and some lines.

Only the beginning of a file is looked at, and what is returned is small, whatever the file holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers.registry import layout_detector
from fewpoints.annotations.scans.readers.text_detect import BOM, is_text, uses_carriage
from fewpoints.annotations.scans.readers.text_layout import TextLayout

# Lines shown before the first point and from it on; as many in all where no point was found.
LINES_BEFORE, LINES_FROM = 10, 6
# Longer lines are cut, and what no terminal shows becomes a replacement character.
MOST_CHARACTERS = 2000
# Lines further inside a file are not looked for.
LOOKED_AT_BYTES = 4 << 20


@dataclass(frozen=True)
class TextLine:
    """One line of a file, counted from 1; `text` is cut and printable, but for tabs."""

    number: int
    text: str


@dataclass(frozen=True)
class TextPreview:
    """A text table as its preflight shows it.

    Attributes:
        layout: as it was said, else as it was detected; None where it could not be.
        lines: those around the first point; the first ones of the file without a layout.
    """

    layout: TextLayout | None
    lines: tuple[TextLine, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the preview as JSON shows it."""
        return {
            "layout": None if self.layout is None else self.layout.to_json(),
            "lines": [{"number": line.number, "text": line.text} for line in self.lines],
        }


def preview_text(path: Path, *, name: str, layout: TextLayout | None = None) -> TextPreview | None:
    """Return what there is to see of a file, or None where no layout of text would be of use.

    `layout`: how the table is laid out; None detects it.
    """
    detect = layout_detector(path, name=name)
    if detect is None:
        return None
    with path.open("rb") as file:
        data = file.read(LOOKED_AT_BYTES)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or not is_text(data):
        return None  # UTF-16, or no text: whatever is said of its columns, it cannot be read.
    if layout is None:
        try:
            layout = detect(path, name=name)
        except UnreadableScan:
            layout = None
    if layout is None:
        return TextPreview(None, _lines(data, 0, LINES_BEFORE + LINES_FROM))
    start = max(0, layout.skip - LINES_BEFORE)
    return TextPreview(layout, _lines(data, start, layout.skip + LINES_FROM))


def _lines(data: bytes, start: int, stop: int) -> tuple[TextLine, ...]:
    """The lines from `start` up to `stop`, counted from 0, as far as `data` has them."""
    mark = b"\r" if uses_carriage(data) else b"\n"
    parts = data.removeprefix(BOM).split(mark, stop)[:stop]
    if parts and not parts[-1]:
        parts.pop()  # Behind the last line end.
    return tuple(TextLine(start + i + 1, _printable(p)) for i, p in enumerate(parts[start:]))


def _printable(line: bytes) -> str:
    # A character has at most four bytes; one that is cut in half becomes a replacement character.
    text = line[: 4 * MOST_CHARACTERS].decode("utf-8", "replace").rstrip("\r")
    shown = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in text)
    return shown if len(shown) <= MOST_CHARACTERS else shown[: MOST_CHARACTERS - 1] + "…"
