# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads that hold several scans: what is in them.

What was found is kept as JSON: {"scans": [{"member", "title", "kind", "files", "bytes",
"preflight", "problem", "scan_id"}], "left_out": [{"file", "reason"}]}. A scan with neither a
preflight nor a problem was not looked at, because it took too long; its import will.
"""

from __future__ import annotations

import time
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
from fewpoints.server.scans.inspection import InspectionTimeout, inspect_upload
from fewpoints.server.settings import Settings

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


def look_into(path: Path, *, name: str, settings: Settings, options: ImportOptions) -> Looked:
    """Look at each scan of an archive; one that cannot be read does not stop the others.

    Raises:
        UnreadableScan: the archive itself is not as it should be.
    """
    with opened(path, name=name, most_bytes=settings.max_upload_bytes) as container:
        found = scans_in(container)
        sizes = [own_bytes(container, group) for group in found.groups]
    groups = found.groups
    if options.member is not None:
        groups = tuple(g for g in groups if options.member in (g.name, g.title))
        if not groups:
            raise UnreadableScan(name, f'no scan "{options.member}" is in it.')
    until = time.monotonic() + settings.inspect_timeout_s
    most = MOST_EFFORT * path.stat().st_size
    scans = []
    for group, size in zip(found.groups, sizes, strict=True):
        if group in groups:
            scans.append(
                _look_at(group, size, path, name, settings, options, until, effort=min(size, most))
            )
    contents = {
        "scans": scans,
        "left_out": [
            {"file": one.name, "reason": one.reason} for one in found.left_out[:MOST_LEFT_OUT]
        ],
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
                options=replace(options, member=group.name or group.title),
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
