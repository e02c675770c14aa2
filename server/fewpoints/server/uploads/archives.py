# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads that hold several scans: what is in them.

What was found is kept as JSON: {"scans": [{"member", "title", "kind", "files", "bytes",
"text", "preflight", "problem", "scan_id"}], "left_out": [{"file", "reason"}], "tables": kinds of
text tables (`text_tables.py`)}. "text" is the layout that is said of a scan, or null. A scan with
neither a preflight nor a problem was not looked at, because it took too long; its import will.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.scans.archives.container import (
    MOST_EFFORT,
    opened,
    starts_like_zip,
)
from fewpoints.annotations.scans.archives.groups import Group
from fewpoints.annotations.scans.archives.looking import scans_in
from fewpoints.annotations.scans.archives.unpacking import own_bytes
from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.annotations.scans.readers.npy_tables import starts_like_npz
from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.server.scans.inspection import InspectionTimeout, inspect_upload
from fewpoints.server.settings import Settings
from fewpoints.server.uploads.text_tables import find_kinds, layouts, with_said

MOST_LEFT_OUT = 500


@dataclass(frozen=True)
class Looked:
    """What a check found in an archive.

    preflight: of the one scan, if there is one. problem: {"code", "message"} if none can be read.
    """

    contents: dict[str, Any]
    preflight: dict[str, Any] | None
    problem: dict[str, Any] | None


def is_archive(path: Path, name: str) -> bool:
    """Whether an upload is a zip archive of scans; one of arrays is only if it is called so."""
    with path.open("rb") as file:
        head = file.read(2048)
    if starts_like_npz(head):
        return name.lower().endswith(".zip")
    return starts_like_zip(head)


def look_into(
    path: Path,
    *,
    name: str,
    settings: Settings,
    options: ImportOptions,
    said: Mapping[str, TextLayout] | None = None,
    before: Mapping[str, Any] | None = None,
) -> Looked:
    """Look at each scan of an archive; one that cannot be read does not stop the others.

    said: layouts of text tables, by the first scan of each kind. before: what was found with the
    same options; only those of which something else is said now are looked at again.

    Raises:
        UnreadableScan: the archive itself is not as it should be.
        InvalidTextLayout: a layout is said of what is no text table.
    """
    with opened(path, name=name, most_bytes=settings.max_upload_bytes) as container:
        found = scans_in(container)
        groups = found.groups
        if options.member is not None:
            groups = tuple(g for g in groups if options.member in (g.name, g.title))
            if not groups:
                raise UnreadableScan(name, f'no scan "{options.member}" is in it.')
        sizes = [own_bytes(container, group) for group in groups]
        known = None if before is None else before.get("tables")
        kinds = find_kinds(container, groups, path.parent) if known is None else known
        kinds = with_said(kinds, said or {}, container, groups, path.parent)
    texts = layouts(kinds)
    seen = {} if before is None else {scan["member"]: scan for scan in before["scans"]}
    until = time.monotonic() + settings.inspect_timeout_s
    most = MOST_EFFORT * path.stat().st_size
    scans = []
    for group, size in zip(groups, sizes, strict=True):
        text = texts.get(group.name or group.title, options.text)
        told = None if text is None else text.to_json()
        old = seen.get(group.name)
        if old is not None and old["text"] == told and (old["preflight"] or old["problem"]):
            scans.append(old)
            continue
        said_of = replace(options, member=group.name or group.title, text=text)
        one = _look_at(group, size, path, name, settings, said_of, until, effort=min(size, most))
        scans.append({**one, "text": told})
    contents = {
        "scans": scans,
        "left_out": [
            {"file": one.name, "reason": one.reason} for one in found.left_out[:MOST_LEFT_OUT]
        ],
        "tables": kinds,
    }
    only = scans[0] if len(scans) == 1 else None
    preflight = None if only is None else only["preflight"]
    return Looked(contents, preflight, _problem(scans, name))


def _look_at(
    group: Group,
    size: int,
    path: Path,
    name: str,
    settings: Settings,
    options: ImportOptions,
    until: float,
    *,
    effort: int,
) -> dict[str, Any]:
    preflight: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    left = until - time.monotonic()
    if left > 0:
        try:
            preflight = inspect_upload(
                path,
                name=name,
                settings=settings,
                options=options,
                effort=effort,
                within_s=left,
            )
            preflight["name"] = group.title
        except InspectionTimeout:
            pass  # An import may take longer; neither is known now.
        except (UnreadableScan, UnsupportedFormat) as error:
            problem = {"code": error.code, "message": error.message}
    return {
        "member": group.name,
        "title": group.title,
        "kind": group.kind,
        "files": len(group.members),
        "bytes": size,
        "preflight": preflight,
        "problem": problem,
        "scan_id": None,
    }


def _problem(scans: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    problems = [scan["problem"] for scan in scans]
    if not all(problems):
        slow = len(scans) == 1 and scans[0]["preflight"] is None
        if not slow:
            return None
        message = f"{name} takes long to read. Upload it; an import may take longer."
        return {"code": InspectionTimeout.code, "message": message}
    first: dict[str, Any] = problems[0]
    if len(problems) == 1:
        return first
    return {
        "code": first["code"],
        "message": f"{name}: none of its {len(scans):,} scans can be read. {first['message']}",
    }
