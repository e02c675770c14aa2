# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What stands beside the data: a manifest of the whole."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fewpoints.annotations.formats.content import WrittenFile, file_ids
from fewpoints.annotations.formats.las_files import las_codes
from fewpoints.annotations.formats.scannet import MOST_ID as MOST_SCANNET
from fewpoints.annotations.formats.semantic_kitti import MOST_ID as MOST_SEMANTIC_KITTI
from fewpoints.server.exports.plan import Plan

MANIFEST = "manifest.json"


def sha256_of(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def manifest(plan: Plan, folder: Path, files: Sequence[WrittenFile]) -> dict[str, Any]:
    """Return what is in an export, of what it was made, and the checksum of each file.

    The same answers, options, checkpoint and version of the app give the same manifest.
    """
    names = {scan.scan_id: scan.name for scan in plan.scans}
    return {
        "format": "fewpoints export 2",
        "app_version": importlib.metadata.version("fewpoints"),
        "kind": plan.options.kind,
        "written_as": {"title": plan.format.title, "version": plan.format.version},
        "options": plan.options.model_dump(mode="json"),
        **plan.facts(),
        "classes": _classes(plan),
        "files": [
            {
                "name": file.name,
                "scan_id": file.scan_id,
                "scan": None if file.scan_id is None else names[file.scan_id],
                "bytes": (folder / file.name).stat().st_size,
                "sha256": sha256_of(folder / file.name),
            }
            for file in files
        ],
        "loader": plan.format.example(files[0].name, plan.scans[0].title),
        "left_out": [scan.model_dump() for scan in plan.left_out],
        "left_out_answers": dict(plan.left_out_answers),
    }


def _classes(plan: Plan) -> list[dict[str, Any]]:
    """The classes, each with `id`, by which the files call it."""
    kind, classes = plan.options.kind, plan.classes
    if kind in ("las", "laz"):
        ids = las_codes(classes).tolist()
    elif kind == "semantic_kitti":
        ids = file_ids(classes, most=MOST_SEMANTIC_KITTI).tolist()
    elif kind == "scannet":
        ids = file_ids(classes, most=MOST_SCANNET).tolist()
    else:
        ids = list(range(256))
    return [{**entry.to_dict(), "id": ids[entry.index]} for entry in classes]
