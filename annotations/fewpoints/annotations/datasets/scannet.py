# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""ScanNet, version 2, as its download leaves it.

    root/
        scannetv2-labels.combined.tsv               category -> NYU40 (also looked for beside root)
        splits/scannetv2_{train,val,trainval,test}.txt          or split/; optional
        scans/scene0000_00/                         or directly in root; scans_test/ as well
            scene0000_00_vh_clean_2.ply                         N vertices
            scene0000_00_vh_clean_2.0.010000.segs.json          the segment of each vertex
            scene0000_00.aggregation.json                       objects: category and segments
            scene0000_00.txt                                    axisAlignment, among others

NYU40 has 40 classes, of which the 20 of the benchmark are kept. Segments are small patches that no
object cuts through; where two objects claim a segment, the later one has it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray
from fewpoints.annotations.classes import PRESETS, UNLABELLED
from fewpoints.annotations.datasets.dataset import (
    NO_INSTANCE,
    Dataset,
    GroundTruth,
    classes_of_ids,
)
from fewpoints.annotations.datasets.scene_lists import read_lists
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.alignment import why_not_rigid
from fewpoints.annotations.scans.readers.registry import read_scan

TITLE = "ScanNet"
CLASSES = PRESETS["scannet20"].classes
CATEGORIES = "scannetv2-labels.combined.tsv"
SPLITS = ("train", "val", "trainval", "test")
MESH = "_vh_clean_2.ply"
SEGMENTS = "_vh_clean_2.0.010000.segs.json"
_MAX_OBJECTS = 1 << 31
AGGREGATIONS = (".aggregation.json", "_vh_clean.aggregation.json")


def is_scannet(root: Path) -> bool:
    """Whether scene folders lie in `root`."""
    return bool(_scene_folders(root))


def open_scannet(root: Path) -> Dataset:
    """Open scene folders.

    A scene of the splits "train" and "val" must be annotated; any other may lack its aggregation,
    as the test scenes do, and then has no class anywhere.
    """
    folders = _scene_folders(root)
    if not folders:
        raise UnreadableDataset(TITLE, f"there is no folder with a scene…{MESH} in {root.name}.")
    splits = read_splits(root)
    annotated = {*splits.get("train", ()), *splits.get("val", ())}
    table = next((p for p in (root / CATEGORIES, root.parent / CATEGORIES) if p.exists()), None)

    @cache
    def categories() -> Mapping[str, int]:
        return read_categories(table if table is not None else root / CATEGORIES)

    def load(name: str) -> GroundTruth:
        folder = folders[name]
        if name not in annotated and _aggregation(folder, name) is None:
            return read_scannet_scene(folder, None)
        return read_scannet_scene(folder, categories())

    return Dataset(TITLE, CLASSES, tuple(folders), splits, load)


def read_splits(root: Path) -> dict[str, tuple[str, ...]]:
    """Split -> scenes; "trainval" is put together where it has no file of its own."""
    lists = read_lists(root, "scannetv2_*.txt")
    splits = {
        split: lists[f"scannetv2_{split}"] for split in SPLITS if f"scannetv2_{split}" in lists
    }
    if "trainval" not in splits and {"train", "val"} <= set(splits):
        splits["trainval"] = splits["train"] + splits["val"]
    return splits


def read_categories(path: Path) -> dict[str, int]:
    """Category -> NYU40 id, from the columns `raw_category` and `nyu40id` of a table."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            columns = reader.fieldnames or []
            missing = [c for c in ("raw_category", "nyu40id") if c not in columns]
            if missing:
                raise UnreadableDataset(
                    path.name,
                    f"there is no column {' and no column '.join(missing)}.",
                    where="line 1",
                )
            found: dict[str, int] = {}
            for row in reader:
                number = row["nyu40id"] or ""
                if not (number.isascii() and number.isdigit()):
                    raise UnreadableDataset(
                        path.name,
                        f"the nyu40id {number[:20]!a} is not a whole number.",
                        where=f"line {reader.line_num}",
                    )
                found[row["raw_category"]] = int(number)
    except OSError as error:
        raise UnreadableDataset(path.name, f"cannot be opened: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableDataset(path.name, f"not a table of categories: {error}.") from error
    return found


def read_scannet_scene(folder: Path, categories: Mapping[str, int] | None) -> GroundTruth:
    """Read the scene that a folder is named after; with None for `categories`, only its scan.

    Positions are the vertices of the mesh in file order, which `read_axis_alignment` turns. An
    object counts from its `objectId` + 1, whatever its class.
    """
    name = folder.name
    scan = read_scan(folder / (name + MESH))
    if categories is None:
        notes = (*scan.notes, "The scene is not annotated: no point has a class.")
        nothing = np.full(len(scan), UNLABELLED, np.int64)
        nowhere = np.full(len(scan), NO_INSTANCE, np.int64)
        return GroundTruth(name, replace(scan, notes=notes), nowhere, nothing)
    ids, instances, unknown = read_scannet_objects(folder, len(scan), categories)
    if unknown:
        note = f"Without a class, as {CATEGORIES} does not know them: {shown_categories(unknown)}."
        scan = replace(scan, notes=(*scan.notes, note))
    return GroundTruth(name, scan, instances, classes_of_ids(ids, CLASSES))


def read_scannet_objects(
    folder: Path, points: int, categories: Mapping[str, int], scene: str | None = None
) -> tuple[IndexArray, IndexArray, list[str]]:
    """Read the objects of a scene, by default that which its folder is named after.

    Args:
        folder: its files are in it.
        points: N vertices of its mesh.
        categories: category -> id.
        scene: its name.

    Returns:
        (N,) ids of `categories`, 0 for none; (N,) `objectId` + 1, `NO_INSTANCE` for none; and the
        categories that are not among `categories`, in order.
    """
    name = scene or folder.name
    aggregation = _aggregation(folder, name) or folder / (name + AGGREGATIONS[0])
    objects = _read_objects(aggregation)
    segments = _read_segments(folder / (name + SEGMENTS), points)
    known, of_vertex = np.unique(segments, return_inverse=True)
    ids, instances = np.zeros(len(known), np.int64), np.full(len(known), NO_INSTANCE, np.int64)
    for found in objects:
        places = np.searchsorted(known, found.segments).clip(max=len(known) - 1)
        strange = found.segments[known[places] != found.segments]
        if len(strange):
            raise UnreadableDataset(
                aggregation.name,
                f"segment {strange[0]} is no segment of {name + SEGMENTS}; the two files belong "
                "to different meshes.",
                where=f"object {found.number}",
            )
        ids[places] = categories.get(found.category, 0)
        instances[places] = found.number + 1
    unknown = sorted({found.category for found in objects} - set(categories))
    return ids[of_vertex], instances[of_vertex], unknown


def shown_categories(categories: Sequence[str]) -> str:
    """The first few of them for people."""
    return ", ".join(f'"{category[:40]}"' for category in categories[:5])


def read_axis_alignment(folder: Path, scene: str | None = None) -> FloatArray64 | None:
    """(4, 4) aligned_from_scan, which puts walls along the axes; None where the scene has none.

    `position_aligned = aligned_from_scan @ position`. Nothing else that is read here is aligned.
    The scene is by default the one that its folder is named after.

    Raises:
        UnreadableDataset: it is no rigid motion, or the text file cannot be read.
    """
    path = folder / f"{scene or folder.name}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UnreadableDataset(path.name, f"cannot be opened: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableDataset(path.name, "this is no text.") from error
    for number, line in enumerate(lines, start=1):
        key, _, rest = line.partition("=")
        if key.strip() != "axisAlignment":
            continue
        try:
            matrix = np.array([float(word) for word in rest.split()]).reshape(4, 4)
        except ValueError:
            problem: str | None = "it is not 16 numbers"
        else:
            problem = why_not_rigid(matrix)
        if problem is not None:
            raise UnreadableDataset(
                path.name,
                f"axisAlignment must be a rotation and a shift, but {problem}.",
                where=f"line {number}",
            )
        return matrix
    return None


@dataclass(frozen=True, eq=False)
class _Object:
    """number: its objectId, from 0. segments: (S,) int64."""

    number: int
    category: str
    segments: IndexArray


def _scene_folders(root: Path) -> dict[str, Path]:
    """Scene -> its folder, in the order of names."""
    places = [place for place in (root, root / "scans", root / "scans_test") if place.is_dir()]
    folders = (entry for place in places for entry in place.iterdir() if entry.is_dir())
    found = {f.name: f for f in folders if (f / (f.name + MESH)).is_file()}
    return dict(sorted(found.items()))


def _aggregation(folder: Path, scene: str) -> Path | None:
    paths = (folder / (scene + suffix) for suffix in AGGREGATIONS)
    return next((path for path in paths if path.exists()), None)


def _read_segments(path: Path, points: int) -> IndexArray:
    """(N,) segment of each vertex."""
    segments = _whole_numbers(_read_json(path).get("segIndices"))
    if segments is None:
        raise UnreadableDataset(path.name, "segIndices must be a list of whole numbers.")
    if len(segments) != points:
        raise UnreadableDataset(
            path.name, f"it has {len(segments):,} segIndices for {points:,} vertices."
        )
    return segments


def _read_objects(path: Path) -> list[_Object]:
    groups = _read_json(path).get("segGroups")
    if not isinstance(groups, list):
        raise UnreadableDataset(path.name, "segGroups must be a list of objects.")
    objects = []
    for place, group in enumerate(groups):
        entries = group if isinstance(group, dict) else {}
        number, category = entries.get("objectId"), entries.get("label")
        segments = _whole_numbers(entries.get("segments"))
        if (
            not isinstance(number, int)
            or not 0 <= number < _MAX_OBJECTS
            or not isinstance(category, str)
            or segments is None
        ):
            raise UnreadableDataset(
                path.name,
                "it needs a whole number objectId, a text label and a list of segments.",
                where=f"segGroups[{place}]",
            )
        objects.append(_Object(number, category, segments))
    return objects


def _whole_numbers(values: Any) -> IndexArray | None:  # Any: from JSON, checked here.
    if not isinstance(values, list):
        return None
    try:
        array = np.asarray(values)
    except ValueError:  # Lists of different lengths.
        return None
    if array.ndim != 1 or (array.size and array.dtype.kind != "i"):
        return None
    return array.astype(np.int64)


def _read_json(path: Path) -> dict[str, Any]:  # Any: JSON, checked by the callers.
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UnreadableDataset(path.name, f"cannot be opened: {error.strerror}.") from error
    except json.JSONDecodeError as error:
        raise UnreadableDataset(
            path.name,
            f"damaged or cut short ({error.msg}).",
            where=f"line {error.lineno}, column {error.colno}",
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise UnreadableDataset(path.name, "this is no JSON.") from error
    if not isinstance(content, dict):
        raise UnreadableDataset(path.name, "this is no JSON object.")
    return content
