# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Text tables in an archive, of which a person may say how they are laid out.

Tables that look alike are of one kind, and what is said of one of them counts for all: those with
the same columns, or, where nothing was detected, the same number of words in a line. A kind as JSON
is {"members", "skips", "detected", "said", "table"}: the scans and how many lines each has before
its first point, the layout of the first one as detected and as said (null: nothing), and that one
as `TextPreview` shows it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from fewpoints.annotations.scans.archives.container import Container
from fewpoints.annotations.scans.archives.groups import Group
from fewpoints.annotations.scans.readers.text_layout import (
    DELIMITERS,
    InvalidTextLayout,
    TextLayout,
    split_line,
)
from fewpoints.annotations.scans.readers.text_preview import (
    LOOKED_AT_BYTES,
    TextPreview,
    preview_text,
)

_HEAD_BYTES = 128 << 10
# Tables of which nobody could say more in that time are left as they are detected.
_MOMENT_S = 10.0


def find_kinds(container: Container, groups: Sequence[Group], folder: Path) -> list[dict[str, Any]]:
    """Return the kinds of text tables among scans, in the order in which they come.

    folder: where a few lines are unpacked to, and removed from.
    """
    until = time.monotonic() + _MOMENT_S
    kinds: dict[str, dict[str, Any]] = {}
    for group in groups:
        if group.kind != "file" or time.monotonic() > until:
            continue
        preview = _preview(container, group.members[0], folder, None, _HEAD_BYTES)
        if preview is None:
            continue
        found = preview.layout
        kind = kinds.setdefault(
            _look_of(preview),
            {
                "members": [],
                "skips": [],
                "detected": None if found is None else found.to_json(),
                "said": None,
                "table": preview.to_json(),
            },
        )
        kind["members"].append(group.name or group.title)
        kind["skips"].append(None if found is None else found.skip)
    return list(kinds.values())


def with_said(
    kinds: Sequence[Mapping[str, Any]],
    said: Mapping[str, TextLayout],
    container: Container,
    groups: Sequence[Group],
    folder: Path,
) -> list[dict[str, Any]]:
    """Return the kinds with what is said of them now.

    said: by the first scan of a kind.

    Raises:
        InvalidTextLayout: that is the first of none.
    """
    firsts = [kind["members"][0] for kind in kinds]
    unknown = next((member for member in said if member not in firsts), None)
    if unknown is not None:
        raise InvalidTextLayout(
            f'"{unknown[:100]}" is not a text table of {container.name}, or not the first of those '
            "that look alike."
        )
    files = {group.name or group.title: group.members[0] for group in groups}
    out = []
    for kind, first in zip(kinds, firsts, strict=True):
        layout = said.get(first)
        told = None if layout is None else layout.to_json()
        if told != kind["said"]:
            size = _HEAD_BYTES if layout is None else LOOKED_AT_BYTES
            preview = _preview(container, files[first], folder, layout, size)
            table = kind["table"] if preview is None else preview.to_json()
            kind = {**kind, "said": told, "table": table}
        out.append(dict(kind))
    return out


def layouts(kinds: Sequence[Mapping[str, Any]]) -> dict[str, TextLayout]:
    """Return scan -> its layout, for those of which something is said.

    Tables of a kind may have headers of different length: where the first one's is left as it was
    detected, so are the others'.
    """
    out = {}
    for kind in kinds:
        if kind["said"] is None:
            continue
        layout = TextLayout.from_json(kind["said"])
        for member, skip in zip(kind["members"], kind["skips"], strict=True):
            own = skip if skip is not None and layout.skip == kind["skips"][0] else layout.skip
            out[member] = replace(layout, skip=own)
    return out


def _preview(
    container: Container, member: str, folder: Path, layout: TextLayout | None, size: int
) -> TextPreview | None:
    head = container.head(member, size)
    if len(head) == size:  # The last line is cut off.
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    name = PurePosixPath(member).name
    with tempfile.TemporaryDirectory(prefix="text-", dir=folder) as scratch:
        path = Path(scratch, "table")
        path.write_bytes(head)
        return preview_text(path, name=name, layout=layout)


def _look_of(preview: TextPreview) -> str:
    """Return a text that is the same for tables of one kind."""
    layout = preview.layout
    if layout is not None:
        return f"{layout.delimiter} {layout.decimal} {len(layout.columns)} {layout.names}"
    last = preview.lines[-1].text if preview.lines else ""
    return f"none {[len(split_line(last, delimiter)) for delimiter in DELIMITERS]}"
