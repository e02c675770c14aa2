# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""ScanNet and S3DIS as the code of Contrastive Scene Contexts prepares them.

    root/                                   ScanNet
        scene0000_00.pth                    (xyz, rgb, NYU40 ids, instances) of all vertices
        splits/scannetv2_{train,val,trainval,test}.txt          or split/; optional

    root/                                   S3DIS
        Area_1/office_3.pth                 (N, 8): xyz, rgb, class id, instance; on a 1 cm grid
        splits/area1.txt                    or split/; optional

Both are written by `torch.save`. Colours are 0 to 255, positions metres. ScanNet counts instances
from 1, with 0 for none; S3DIS counts from 0, and its class id 255 means none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets import s3dis, scannet
from fewpoints.annotations.datasets.dataset import (
    NO_INSTANCE,
    Dataset,
    GroundTruth,
    classes_of_ids,
    scan_of_arrays,
)
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.datasets.torch_files import as_array, as_whole_numbers, load_arrays

_NYU40 = 40
_STAIRS = 10
_S3DIS_COLUMNS = 8


def is_prepared_scannet(root: Path) -> bool:
    """Whether prepared scenes lie in `root`."""
    return bool(_scannet_files(root))


def open_prepared_scannet(root: Path) -> Dataset:
    """Open prepared scenes of ScanNet."""
    files = _scannet_files(root)
    if not files:
        raise UnreadableDataset(scannet.TITLE, f"there is no scene….pth in {root.name}.")
    splits = scannet.read_splits(root)
    return Dataset(
        scannet.TITLE,
        scannet.CLASSES,
        tuple(files),
        splits,
        lambda name: read_prepared_scannet(files[name]),
    )


def read_prepared_scannet(path: Path) -> GroundTruth:
    """Read one scene, named after its file."""
    content = load_arrays(path, lambda reason: _no_scene(path.name, reason))
    if not isinstance(content, tuple | list) or len(content) != 4:
        raise _no_scene(path.name, "these are not four arrays")
    positions, colours, ids, instances = content
    scan = _scan(path.name, positions, colours)
    nyu40 = _per_point(path.name, ids, scan, what="NYU40 ids", largest=_NYU40)
    numbers = _per_point(path.name, instances, scan, what="instances", largest=1 << 31)
    return GroundTruth(path.stem, scan, numbers, classes_of_ids(nyu40, scannet.CLASSES))


def is_prepared_s3dis(root: Path) -> bool:
    """Whether prepared rooms of areas lie in `root`."""
    return bool(_s3dis_files(root))


def open_prepared_s3dis(root: Path, *, test_area: int = s3dis.TEST_AREA) -> Dataset:
    """Open prepared rooms of S3DIS, with names and splits as `s3dis.open_s3dis` gives them."""
    files = _s3dis_files(root)
    if not files:
        raise UnreadableDataset(s3dis.TITLE, f"there is no room Area_…/….pth in {root.name}.")
    splits = s3dis.read_areas(root, files, test_area=test_area)
    return Dataset(
        s3dis.TITLE,
        s3dis.CLASSES,
        tuple(files),
        splits,
        lambda name: read_prepared_s3dis(files[name], name),
    )


def read_prepared_s3dis(path: Path, name: str) -> GroundTruth:
    """Read one room. Its instances count from 1 here, 0 where the class is 255 or the number -1;
    stairs have no class.
    """
    shown = f"{name}.pth"
    table = as_array(load_arrays(path, lambda reason: _no_scene(shown, reason)))
    if table is None or table.ndim != 2 or table.shape[1] != _S3DIS_COLUMNS:
        shape = "no table of numbers" if table is None else f"of shape {table.shape}"
        raise _no_scene(shown, f"it is {shape}, not (N, {_S3DIS_COLUMNS})")
    scan = _scan(shown, table[:, :3], table[:, 3:6])
    ids = _per_point(shown, table[:, 6], scan, what="class ids", largest=UNLABELLED)
    known = {c.external_id for c in s3dis.CLASSES} | {_STAIRS, UNLABELLED}
    strange = np.setdiff1d(ids, sorted(i for i in known if i is not None))
    if len(strange):
        raise _no_scene(shown, f"its class id {strange[0]} is none of 0 to 13 and 255")
    numbers = _per_point(shown, table[:, 7], scan, what="instances", least=-1, largest=1 << 31)
    # Where a cell has points of several classes, which object it belongs to is as open.
    instances = np.where(ids == UNLABELLED, NO_INSTANCE, numbers + 1)
    return GroundTruth(name, scan, instances, classes_of_ids(ids, s3dis.CLASSES))


def _scannet_files(root: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(root.glob("scene*.pth"))}


def _s3dis_files(root: Path) -> dict[str, Path]:
    return {
        f"{area.name}/{path.stem}": path
        for area in s3dis.area_folders(root)
        for path in sorted(area.glob("*.pth"))
    }


def _scan(name: str, positions: object, colours: object) -> PointScan:
    xyz, rgb = as_array(positions), as_array(colours)
    if xyz is None or xyz.ndim != 2 or xyz.shape[1] != 3 or len(xyz) == 0:
        raise _no_scene(name, "its positions are not (N, 3) numbers")
    if rgb is None or rgb.shape != xyz.shape:
        raise _no_scene(name, f"its colours are not ({len(xyz)}, 3) numbers, as its positions are")
    if not ((rgb >= 0) & (rgb <= 255)).all():
        raise _no_scene(
            name, f"its colours go from {rgb.min():g} to {rgb.max():g} instead of 0 to 255"
        )
    return scan_of_arrays(xyz.astype(np.float64), np.rint(rgb).astype(np.uint8))


def _per_point(
    name: str,
    values: Any,  # Any: from a file, checked here.
    scan: PointScan,
    *,
    what: str,
    least: int = 0,
    largest: int,
) -> NDArray[np.int64]:
    """(N,) whole numbers from `least` to `largest`."""
    numbers = as_whole_numbers(values)
    if numbers is None or len(numbers) != len(scan):
        raise _no_scene(name, f"its {what} are not one whole number for each of {len(scan)} points")
    strange = numbers[(numbers < least) | (numbers > largest)]
    if len(strange):
        raise _no_scene(
            name, f"its {what} have {strange[0]}, which is not between {least} and {largest}"
        )
    return numbers


def _no_scene(name: str, reason: str) -> UnreadableDataset:
    return UnreadableDataset(name, f"not a prepared scene as torch saves it: {reason}.")
