# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Superpoints as a file, so that a scan is cut once and labelled anew after every answer.

One `.npz` holds the arrays of `Superpoints`, the mean directions of the network's features, and a
version. It appears under its name complete or not at all.

Letters used in shapes: N points, S superpoints, F features.
"""

from __future__ import annotations

import logging
import os
import uuid
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.numpy_files import load_arrays
from fewpoints.models.superpoints.superpoints import Superpoints

# Raise when the same scan and features would give others: it makes old files unused.
SUPERPOINTS_VERSION = 1
# Array -> its dtype and shape, in the letters of `Superpoints`.
_LAYOUT: dict[str, tuple[str, str]] = {
    "of_point": ("<i4", "N"),
    "of_cell": ("<i4", "V"),
    "cell_points": ("<i8", "V"),
    "places": ("<f8", "V3"),
    "sizes": ("<i8", "S"),
    "centres": ("<f8", "S3"),
    "extents": ("<f8", "S3"),
    "upright": ("<f4", "S"),
    "flatness": ("<f4", "S"),
    "colours": ("<f4", "S6"),
    "touching": ("<i8", "T2"),
    "contacts": ("<i8", "T"),
    "contrast": ("<f4", "T"),
    "directions": ("<f4", "SF"),
}
_OPTIONAL = ("colours", "directions")
_BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, NotImplementedError)
_log = logging.getLogger(__name__)


class DamagedSuperpoints(AppError):
    """A file of superpoints is cut short, of another version, or contradicts itself."""

    status = 500
    code = "damaged_superpoints"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"The superpoints in {name} cannot be used: {problem}. Cut them again.")


class StoredSuperpoints(NamedTuple):
    """superpoints of a scan, and directions: (S, F) from `look.mean_directions`, or None."""

    superpoints: Superpoints
    directions: NDArray[np.float32] | None


def save_superpoints(
    path: Path, superpoints: Superpoints, directions: NDArray[np.float32] | None
) -> None:
    """Write superpoints and their (S, F) mean directions in place of what `path` held."""
    arrays: dict[str, Any] = {
        name: np.asarray(values, dtype)
        for name, (dtype, _) in _LAYOUT.items()
        if (values := directions if name == "directions" else getattr(superpoints, name))
        is not None
    }
    _check(arrays)
    arrays["version"] = np.array(SUPERPOINTS_VERSION)
    arrays["voxel_size_m"] = np.array(superpoints.voxel_size_m, np.float64)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load_superpoints(path: Path) -> StoredSuperpoints:
    """Return what `save_superpoints` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedSuperpoints: it is not such a file, or a damaged one.
    """
    try:
        with path.open("rb") as file:
            arrays: dict[str, Any] = load_arrays(file)
        if int(arrays.pop("version")) != SUPERPOINTS_VERSION:
            raise ValueError("it is of another version")
        voxel_size_m = float(arrays.pop("voxel_size_m"))
        if not voxel_size_m > 0:
            raise ValueError(f"its voxel size is {voxel_size_m}")
        _check(arrays)
    except _BROKEN as error:
        raise DamagedSuperpoints(
            path.name, str(error).strip(".'\"") or "it is cut short"
        ) from error
    directions = arrays.pop("directions", None)
    arrays.setdefault("colours", None)
    return StoredSuperpoints(Superpoints(**arrays, voxel_size_m=voxel_size_m), directions)


def find_superpoints(path: Path, points: int) -> StoredSuperpoints | None:
    """Return the superpoints of a scan of `points` points if `path` holds them undamaged."""
    if not path.exists():
        return None
    try:
        found = load_superpoints(path)
    except (DamagedSuperpoints, OSError) as error:
        _log.warning("%s", error)
        return None
    if len(found.superpoints.of_point) != points:
        _log.warning("The superpoints in %s are of another scan; not using them.", path.name)
        return None
    return found


def _check(arrays: dict[str, Any]) -> None:
    """Check dtypes, shapes and that numbers of superpoints, points and cells exist.

    Raises:
        ValueError: with what does not fit.
    """
    letters = {"2": 2, "3": 3, "6": 6}
    for name, (dtype, shape) in _LAYOUT.items():
        if name not in arrays:
            if name in _OPTIONAL:
                continue
            raise ValueError(f"it lacks {name}")
        values = arrays[name]
        if values.dtype != np.dtype(dtype) or values.ndim != len(shape):
            raise ValueError(f"{name} is {values.dtype} of shape {values.shape}")
        for letter, length in zip(shape, values.shape, strict=True):
            if letters.setdefault(letter, length) != length:
                raise ValueError(f"{name} has shape {values.shape}")
    count = letters["S"]
    for name, least, end in (
        ("of_point", -1, count),
        ("of_cell", 0, count),
        ("touching", 0, count),
        ("cell_points", 0, letters["N"]),
    ):
        values = arrays[name]
        if len(values) and not (least <= int(values.min()) and int(values.max()) < end):
            raise ValueError(f"{name} holds {values.min()} to {values.max()}")
