# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in the files beside the data: comments, and a manifest of the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fewpoints.annotations.classes import ClassList
from fewpoints.server.exports.plan import Plan

MANIFEST = "manifest.json"


def ply_comments(classes: ClassList) -> tuple[str, ...]:
    """Return what the header of a PLY with classes explains."""
    return (
        "class 255 is none; confidence is a probability times 255",
        *(f"class {entry.index} {entry.name}" for entry in classes),
    )


def sha256_of(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def manifest(plan: Plan, files: Sequence[Path]) -> dict[str, Any]:
    """Return what is in an export, of what it was made, and the checksum of each file.

    The same answers, options and checkpoint give the same manifest.
    """
    by_scan = plan.options.kind != "sparse_pth"
    return {
        "format": "fewpoints export 1",
        "kind": plan.options.kind,
        "options": plan.options.model_dump(mode="json"),
        "snapshot": snapshot(plan),
        "classes": [
            {"index": entry.index, "name": entry.name, "external_id": entry.external_id}
            for entry in plan.classes
        ],
        "files": [
            {
                "name": path.name,
                "scan_id": plan.scans[at].scan_id if by_scan else None,
                "scan": plan.scans[at].name if by_scan else None,
                "bytes": path.stat().st_size,
                "sha256": sha256_of(path),
            }
            for at, path in enumerate(files)
        ],
        "left_out": [scan.model_dump() for scan in plan.left_out],
        "left_out_answers": dict(plan.left_out_answers),
    }


def snapshot(plan: Plan) -> dict[str, Any]:
    """Return which answers and which checkpoint are in an export."""
    return {
        "last_event_id": plan.last_event_id,
        "last_review_id": plan.last_review_id,
        "checkpoint_id": None if plan.checkpoint is None else plan.checkpoint.id,
        "checkpoint_name": None if plan.checkpoint is None else plan.checkpoint.name,
        "checkpoint_sha256": None if plan.checkpoint is None else plan.checkpoint.sha256,
        "scan_ids": [scan.scan_id for scan in plan.scans],
        "answers": plan.answers,
        "left_out_scans": len(plan.left_out),
    }
