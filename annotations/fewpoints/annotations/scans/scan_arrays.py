# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A parsed scan as plain array files, so that a file is parsed once and later only mapped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.numpy_files import map_array
from fewpoints.annotations.scans.alignment import Alignment
from fewpoints.annotations.scans.fixes import Undo, to_file_frame
from fewpoints.annotations.scans.import_options import Fixes
from fewpoints.annotations.scans.scan import Field, PointScan

_OPTIONAL = ("colours", "normals", "intensity")


def save_arrays(
    scan: PointScan, folder: Path, undo: Undo | None = None, *, with_local: bool = True
) -> None:
    """Write a scan into a new folder: one .npy per array and scan.json.

    `undo` leads back to the file of a scan that was fixed: undo.json, and the arrays it needs. A
    scan that asks to be aligned must have been fixed: what it asks for is not kept.
    `with_local`: also what `load_local` and `local_position` read.
    """
    assert scan.alignment is None, "a scan is aligned, or told not to be, before it is kept"
    folder.mkdir()
    np.save(folder / "positions.npy", scan.positions)
    if with_local:
        np.save(folder / "local.npy", scan.local_positions())
    for name in _OPTIONAL:
        values = getattr(scan, name)
        if values is not None:
            np.save(folder / f"{name}.npy", values)
    for number, values in enumerate(scan.labels.values()):
        np.save(folder / f"label-{number}.npy", values)
    facts = {
        "version": 1,
        "labels": list(scan.labels),
        "global_shift": scan.global_shift.tolist(),
        "fields": [list(field) for field in scan.fields],
        "source_format": scan.source_format,
        "details": dict(scan.details),
        "notes": list(scan.notes),
    }
    (folder / "scan.json").write_text(json.dumps(facts), encoding="utf-8")
    if undo is not None:
        _save_undo(undo, folder)


def _save_undo(undo: Undo, folder: Path) -> None:
    if undo.positions is not None:
        np.save(folder / "file-positions.npy", undo.positions)
    if undo.normals is not None:
        np.save(folder / "file-normals.npy", undo.normals)
    if undo.kept is not None:
        np.save(folder / "kept.npy", undo.kept)
    facts: dict[str, Any] = {
        "version": 1,
        "fixes": undo.fixes.to_json(),
        "global_shift": undo.global_shift.tolist(),
        "details": dict(undo.details),
        "notes": list(undo.notes),
    }
    if undo.alignment is not None:
        facts["alignment"] = {
            "aligned_from_file": undo.alignment.aligned_from_file.ravel().tolist(),
            "said_by": undo.alignment.said_by,
        }
    (folder / "undo.json").write_text(json.dumps(facts), encoding="utf-8")


def load_undo(folder: Path) -> Undo | None:
    """Return what leads back to the file; None for a scan that was not fixed."""
    if not (folder / "undo.json").exists():
        return None
    facts = json.loads((folder / "undo.json").read_text(encoding="utf-8"))
    arrays = {
        name: map_array(path) if path.exists() else None
        for name, path in (
            ("positions", folder / "file-positions.npy"),
            ("normals", folder / "file-normals.npy"),
            ("kept", folder / "kept.npy"),
        )
    }
    return Undo(
        fixes=Fixes.from_json(facts["fixes"]),
        global_shift=np.array(facts["global_shift"], np.float64),
        alignment=_alignment(facts.get("alignment")),
        details=facts["details"],
        notes=tuple(facts["notes"]),
        **arrays,
    )


def _alignment(facts: Any) -> Alignment | None:  # Any: JSON that `_save_undo` wrote.
    """None also for scans of versions that aligned them and kept no way back."""
    if facts is None:
        return None
    matrix = np.array(facts["aligned_from_file"], np.float64).reshape(4, 4)
    return Alignment(matrix, facts["said_by"])


def load_in_file_frame(
    folder: Path, columns: Mapping[str, AnyArray]
) -> tuple[PointScan, dict[str, AnyArray]]:
    """Return a scan as its file has it, and (N, ...) columns for all rows of the file.

    Whatever leaves the app as coordinates, or as a value for each point, comes through here.
    """
    return to_file_frame(load_arrays(folder), columns, load_undo(folder))


def load_arrays(folder: Path) -> PointScan:
    """Return the scan that `save_arrays` wrote; its arrays are read-only maps of the files."""
    facts = json.loads((folder / "scan.json").read_text(encoding="utf-8"))
    optional: dict[str, Any] = {  # Any: an array of the type that the attribute has.
        name: map_array(folder / f"{name}.npy")
        for name in _OPTIONAL
        if (folder / f"{name}.npy").exists()
    }
    return PointScan(
        positions=map_array(folder / "positions.npy"),
        labels={
            name: map_array(folder / f"label-{number}.npy")
            for number, name in enumerate(facts["labels"])
        },
        global_shift=np.array(facts["global_shift"], np.float64),
        fields=tuple(Field(*field) for field in facts["fields"]),
        source_format=facts["source_format"],
        details=facts["details"],
        notes=tuple(facts["notes"]),
        **optional,
    )


def load_positions(folder: Path) -> NDArray[np.float64]:
    """Return the (N, 3) positions alone, a read-only map of their file."""
    positions: NDArray[np.float64] = map_array(folder / "positions.npy")
    return positions


def load_local(folder: Path) -> NDArray[np.floating[Any]]:
    """Return the (N, 3) positions in the local frame, a read-only map of their file."""
    positions: NDArray[np.floating[Any]] = map_array(folder / "local.npy")
    return positions


def local_position(folder: Path, row: int) -> tuple[float, float, float] | None:
    """Return the position of one row in the local frame; None if it is not finite."""
    values = map_array(folder / "local.npy")[row]
    if not np.isfinite(values).all():
        return None
    x, y, z = (float(value) for value in values)
    return x, y, z
