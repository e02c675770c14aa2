# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Chosen points as files: a table for people, and the container of the original benchmark.

The original files (`tasks/points/points20` of the data-efficient benchmark) are torch-saved
dictionaries scene name -> NumPy int64 rows. Ours are written with torch's first container and
pickle protocol 2 and name NumPy's functions the way NumPy 1 did, so that the Python 3.7, torch 1.5
and NumPy 1 of the original code read them as well as current versions do.
"""

from __future__ import annotations

import codecs
import io
import pickle
import types
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.files import replacing
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.datasets.torch_files import load_arrays


class UnreadablePoints(AppError):
    """A file of chosen points that cannot be used."""

    status = 422
    code = "unreadable_points"


# The pickler written in Python is the one whose spelling of names can be changed; typeshed has
# nothing to say about its methods.
_PythonPickler: Any = pickle._Pickler


class _OldNumpyPickler(_PythonPickler):  # type: ignore[misc]
    """Writes `numpy.core.…` where NumPy 2 would write `numpy._core.…`, which NumPy 1 lacks."""

    def save_global(self, obj: Any, name: str | None = None) -> None:  # Any: whatever is pickled.
        module = getattr(obj, "__module__", None) or ""
        if module.startswith("numpy._core"):
            old = module.replace("numpy._core", "numpy.core", 1)
            self.write(pickle.GLOBAL + f"{old}\n{name or obj.__qualname__}\n".encode())
            self.memoize(obj)
            return
        super().save_global(obj, name)

    def save_empty_bytes(self, obj: bytes) -> None:
        # Protocol 2 spells b"" as a call of `bytes`, which `weights_only` loading refuses.
        if obj:
            _PythonPickler.save_bytes(self, obj)
        else:
            self.save_reduce(codecs.encode, ("", "latin1"), obj=obj)

    dispatch: ClassVar[dict[type, Any]] = dict(_PythonPickler.dispatch)
    dispatch[types.FunctionType] = save_global
    dispatch[bytes] = save_empty_bytes


def _old_numpy_pickle() -> types.ModuleType:
    """A stand-in for the `pickle` module, as `torch.save` wants one."""

    def dump(obj: object, file: IO[bytes], protocol: int = 2) -> None:
        _OldNumpyPickler(file, protocol=protocol).dump(obj)

    module = types.ModuleType("old_numpy_pickle")
    module.Pickler = _OldNumpyPickler  # type: ignore[attr-defined]
    module.dump = dump  # type: ignore[attr-defined]
    return module


def write_points_csv(path: Path, scan: PointScan, rows: NDArray[np.integer]) -> None:
    """Write `index,x,y,z`, one line per row, in the order given.

    Coordinates are in the file's own frame and unit with all their digits: reading them as float64
    gives the very same numbers.
    """
    with replacing(path) as part, part.open("w", encoding="ascii", newline="") as file:
        file.write("index,x,y,z\n")
        for row in np.asarray(rows, dtype=np.int64).tolist():
            x, y, z = scan.positions[row].tolist()
            file.write(f"{row},{x!r},{y!r},{z!r}\n")


def write_points_pth(path: Path, scenes: Mapping[str, NDArray[np.integer]]) -> None:
    """Write the original's dictionary: scene name -> (K,) int64 rows of the scene's file."""
    _save(path, {str(name): _int64(rows) for name, rows in scenes.items()})


def write_labels_pth(path: Path, scenes: Mapping[str, Mapping[str, NDArray[np.integer]]]) -> None:
    """Write points with their labels: scene name -> {"points", "classes", "instances"}.

    Args:
        scenes: per scene three (L,) integer arrays of one length: rows of the scene's file, class
            indices, and instance numbers (-1 where there is none).
    """
    plain: dict[str, dict[str, NDArray[np.int64]]] = {}
    for name, columns in scenes.items():
        arrays = {key: _int64(columns[key]) for key in ("points", "classes", "instances")}
        if len({len(array) for array in arrays.values()}) != 1:
            raise ValueError(f"columns of {name} differ in length")
        plain[str(name)] = arrays
    _save(path, plain)


def read_points_pth(path: Path) -> dict[str, NDArray[np.int64]]:
    """Read scene name -> rows, written by us or by the original code; runs no code from the file.

    A dictionary written by `write_labels_pth` gives its `points`.

    Raises:
        UnreadablePoints: not such a file.
    """
    content = _load(path)
    scenes: dict[str, NDArray[np.int64]] = {}
    for name, value in content.items():
        rows = value.get("points") if isinstance(value, dict) else value
        scenes[str(name)] = _rows(rows, path, str(name))
    return scenes


def read_labels_pth(path: Path) -> dict[str, dict[str, NDArray[np.int64]]]:
    """Read what `write_labels_pth` wrote.

    Raises:
        UnreadablePoints: not such a file.
    """
    scenes: dict[str, dict[str, NDArray[np.int64]]] = {}
    for name, value in _load(path).items():
        if not isinstance(value, dict) or not {"points", "classes", "instances"} <= set(value):
            raise UnreadablePoints(f'{path.name}: scene "{name}" has no points with labels.')
        scenes[str(name)] = {
            key: _rows(value[key], path, str(name)) for key in ("points", "classes", "instances")
        }
    return scenes


def _int64(values: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.ascontiguousarray(values, dtype=np.int64)


def _save(path: Path, content: object) -> None:
    buffer = io.BytesIO()
    torch.save(
        content,
        buffer,
        pickle_module=_old_numpy_pickle(),
        pickle_protocol=2,
        _use_new_zipfile_serialization=False,
    )
    with replacing(path) as part:
        part.write_bytes(buffer.getvalue())


def _load(path: Path) -> dict[object, Any]:  # Any: checked entry by entry by the callers.
    def refuse(reason: str) -> UnreadablePoints:
        return UnreadablePoints(
            f"{path.name} is not a file of chosen points (a torch-saved dictionary of scene name "
            f"to rows): {reason}."
        )

    content = load_arrays(path, refuse)
    if not isinstance(content, dict):
        raise UnreadablePoints(f"{path.name} holds {type(content).__name__}, not a dictionary.")
    return content


def _rows(value: object, path: Path, name: str) -> NDArray[np.int64]:
    if isinstance(value, torch.Tensor):
        value = value.numpy()
    array = np.asarray(value)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise UnreadablePoints(f'{path.name}: scene "{name}" is not a list of whole numbers.')
    return array.astype(np.int64)
