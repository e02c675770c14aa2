# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The points that methods chose in training scenes, kept so that nothing is chosen twice.

points/<scene>.npz          per method, budget and seed the (K,) rows, as "diverse 20 0"
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.files import replacing
from fewpoints.annotations.numpy_files import load_arrays
from fewpoints.models.benchmarks.runs import Key

_log = logging.getLogger(__name__)


class PointsOfScenes:
    """Rows by scene and (method, budget, seed); the scene of a key does not count."""

    def __init__(self, folder: Path) -> None:
        """folder: made when the first points are added."""
        self._folder = folder
        self._known: dict[str, dict[str, NDArray[np.int64]]] = {}

    def missing(self, scene: str, keys: Sequence[Key]) -> list[Key]:
        """Return those of `keys` whose points are still to be chosen."""
        known = self._of(scene)
        return [key for key in keys if _name(key) not in known]

    def rows(self, scene: str, key: Key) -> NDArray[np.int64]:
        """Return the (K,) rows that were chosen."""
        return self._of(scene)[_name(key)]

    def add(self, scene: str, chosen: Mapping[Key, NDArray[np.int64]]) -> None:
        """Keep the rows of several keys; they are on disk when this returns."""
        if not chosen:
            return
        known = self._of(scene)
        known.update({_name(key): rows for key, rows in chosen.items()})
        path = self._path(scene)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, **known)  # type: ignore[arg-type]  # keys are no options

    def _of(self, scene: str) -> dict[str, NDArray[np.int64]]:
        if scene not in self._known:
            self._known[scene] = _read(self._path(scene))
        return self._known[scene]

    def _path(self, scene: str) -> Path:
        return self._folder / f"{scene}.npz"


def _name(key: Key) -> str:
    return f"{key.method} {key.budget} {key.seed}"


def _read(path: Path) -> dict[str, NDArray[np.int64]]:
    if not path.exists():
        return {}
    try:
        with path.open("rb") as opened:
            return {name: rows.astype(np.int64) for name, rows in load_arrays(opened).items()}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("%s is damaged (%s); its points are chosen again.", path.name, error)
        return {}
