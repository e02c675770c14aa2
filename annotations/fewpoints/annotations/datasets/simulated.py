# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated scenes read back: folders that `fewpoints simulate` wrote.

    root/
        <scene>/scan.ply            with `label` and `instance` per point

A folder of one scene is read as well.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewpoints.annotations.classes import PRESETS, UNLABELLED
from fewpoints.annotations.datasets.dataset import Dataset, GroundTruth
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.readers.registry import read_scan

TITLE = "Simulated rooms"
CLASSES = PRESETS["scannet20"].classes
_SCAN = "scan.ply"


def is_simulated(root: Path) -> bool:
    """Whether `root` holds scans of simulated scenes."""
    return bool(_scene_folders(root))


def open_simulated(root: Path) -> Dataset:
    """Open a folder of scenes, or one scene; there are no splits."""
    folders = _scene_folders(root)
    if not folders:
        raise UnreadableDataset(TITLE, f"there is no {_SCAN} in {root.name} or its folders.")
    return Dataset(
        TITLE, CLASSES, tuple(folders), {}, lambda name: read_simulated_scene(folders[name])
    )


def read_simulated_scene(folder: Path) -> GroundTruth:
    """Read the scan of one scene with its truth."""
    scan = read_scan(folder / _SCAN, name=folder.name)
    for field in ("label", "instance"):
        if field not in scan.labels:
            raise UnreadableDataset(
                f"{folder.name}/{_SCAN}", f'the points have no field "{field}".'
            )
    classes = scan.labels["label"].astype(np.int64)
    strange = classes[(classes != UNLABELLED) & ((classes < 0) | (classes >= len(CLASSES)))]
    if len(strange):
        raise UnreadableDataset(
            f"{folder.name}/{_SCAN}",
            f"the label {strange[0]} is none of the {len(CLASSES)} classes, which count from 0.",
        )
    return GroundTruth(folder.name, scan, scan.labels["instance"].astype(np.int64), classes)


def _scene_folders(root: Path) -> dict[str, Path]:
    """Scene -> its folder, in the order of names."""
    if (root / _SCAN).is_file():
        return {root.resolve().name: root.resolve()}
    if not root.is_dir():
        return {}
    return {entry.name: entry for entry in sorted(root.iterdir()) if (entry / _SCAN).is_file()}
