# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Anybody's own scans with a class or an object for each point.

    root/
        kitchen.ply                 any readable scan with label fields; also in folders: train/…
        dataset.json                optional, see below
        splits/val.txt              optional, one scene per line; else folders are splits

A scene is called after its file, without the suffix: "kitchen", "train/kitchen". dataset.json:

    {
      "class_field": "label",       values are classes; by default the first known name
      "object_field": "instance",   values are objects; by default the first known name
      "classes": ["wall", "chair"], value 0 is "wall", 1 "chair"; null for a value that is no class
      "background": [1]             without a class field: numbers that are no objects
    }

Class values are 0 to 249; -1 and 255 mean none. Objects are numbered from 1; 0 and less mean none.
Without a class field, objects are their own classes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import IndexArray, IntArray
from fewpoints.annotations.classes import MAX_CLASSES, UNLABELLED, ClassList
from fewpoints.annotations.datasets.dataset import NO_INSTANCE, Dataset, GroundTruth
from fewpoints.annotations.datasets.scene_lists import read_lists
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.readers.fields import plain
from fewpoints.annotations.scans.readers.registry import read_scan, readable_formats
from fewpoints.annotations.scans.scan import PointScan

TITLE = "Labelled scans"
CONFIG = "dataset.json"
CLASS_FIELDS = ("class", "label", "classification", "semantic", "semantic_label", "category", "gt")
OBJECT_FIELDS = ("instance", "object", "instance_id", "object_id", "instance_label")
_MAX_OBJECTS = 1 << 31


@dataclass(frozen=True)
class _Config:
    """dataset.json. values: of the field -> class index, None where all values are classes."""

    class_field: str | None
    object_field: str | None
    classes: ClassList
    values: dict[int, int] | None
    background: tuple[int, ...]


def is_labelled_scans(root: Path) -> bool:
    """Whether scan files lie in `root` or its folders."""
    return bool(_scene_files(root))


def open_labelled_scans(root: Path) -> Dataset:
    """Open a folder of scans."""
    files = _scene_files(root)
    if not files:
        raise UnreadableDataset(TITLE, f"there is no scan in {root.name} or its folders.")
    config = _read_config(root / CONFIG)
    splits = read_lists(root, "*.txt")
    if not splits:
        folders = dict.fromkeys(name.rpartition("/")[0] for name in files if "/" in name)
        splits = {f: tuple(n for n in files if n.startswith(f"{f}/")) for f in folders}
    return Dataset(
        TITLE, config.classes, tuple(files), splits, lambda name: _read(files[name], name, config)
    )


def _scans_in(folder: Path) -> list[Path]:
    suffixes = {suffix for known in readable_formats() for suffix in known.suffixes}
    suffixes -= {".txt", ".csv"}  # Lists of scenes and notes; a scan's name must say more.
    if not folder.is_dir():
        return []
    found = (path for path in sorted(folder.iterdir()) if path.suffix.lower() in suffixes)
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _scene_files(root: Path) -> dict[str, Path]:
    """Scene -> its file, in the order of names; folders come after files."""
    files: dict[str, Path] = {}
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir())
    for folder, prefix in [(root, ""), *((f, f"{f.name}/") for f in folders)]:
        for path in _scans_in(folder):
            name = prefix + path.stem
            if name in files:
                raise UnreadableDataset(
                    TITLE,
                    f'{files[name].name} and {path.name} would both be the scene "{name}"; '
                    "rename one.",
                )
            files[name] = path
    return files


def _read(path: Path, name: str, config: _Config) -> GroundTruth:
    shown = f"{name}{path.suffix}"
    scan = read_scan(path, name=shown)
    class_field = _field(scan, config.class_field, CLASS_FIELDS, shown)
    object_field = _field(scan, config.object_field, OBJECT_FIELDS, shown)
    if config.class_field is None and class_field == object_field:
        class_field = None  # {"object_field": "label"}: what looks like classes is objects.
    if class_field is None and object_field is None:
        known = ", ".join(scan.labels) or "none"
        raise UnreadableDataset(
            shown,
            f"the points have no field of classes or objects (label fields: {known}). Name it in "
            f"{CONFIG}, as class_field or object_field.",
        )
    numbers = np.full(len(scan), NO_INSTANCE, np.int64)
    if object_field is not None:
        numbers = _objects(scan.labels[object_field], f"{shown}, field {object_field}")
    if class_field is None:
        classes = _objects_as_classes(numbers, shown)
        numbers = np.where(np.isin(numbers, config.background), NO_INSTANCE, numbers)
    else:
        classes = _classes(scan.labels[class_field], config, f"{shown}, field {class_field}")
    return GroundTruth(name, scan, numbers, np.where(scan.finite, classes, UNLABELLED))


def _field(scan: PointScan, asked: str | None, known: Sequence[str], shown: str) -> str | None:
    """The name of the field that holds classes or objects, as the file spells it."""
    spelled = {plain(name): name for name in list(scan.labels)[::-1]}
    if asked is None:
        return next((spelled[name] for name in known if name in spelled), None)
    if plain(asked) not in spelled:
        have = ", ".join(scan.labels) or "none"
        raise UnreadableDataset(
            shown, f'the points have no label field "{asked}" as {CONFIG} says (they have: {have}).'
        )
    return spelled[plain(asked)]


def _classes(values: IntArray, config: _Config, where: str) -> IndexArray:
    """(N,) class indices of field values."""
    found, places = np.unique(values, return_inverse=True)
    table = np.full(len(found), UNLABELLED, np.int64)
    for place, value in enumerate(found.tolist()):
        if config.values is None:
            index = value if 0 <= value < MAX_CLASSES else None
        else:
            index = config.values.get(value)
        if index is None and value not in (-1, UNLABELLED):
            allowed = f"0 to {MAX_CLASSES - 1}" if config.values is None else f"in {CONFIG}"
            raise UnreadableDataset(
                where, f"the class {value} is not {allowed}, nor -1 or 255 for none."
            )
        table[place] = UNLABELLED if index is None else index
    return table[places.reshape(-1)]


def _objects(values: IntArray, where: str) -> IndexArray:
    if len(values) and int(values.max()) > _MAX_OBJECTS:
        raise UnreadableDataset(where, f"the object {values.max()} is beyond {_MAX_OBJECTS}.")
    return np.maximum(values.astype(np.int64), NO_INSTANCE)


def _objects_as_classes(numbers: IndexArray, shown: str) -> IndexArray:
    known = np.unique(numbers[numbers != NO_INSTANCE])
    if len(known) > MAX_CLASSES:
        raise UnreadableDataset(
            shown, f"{len(known):,} objects; as classes, {MAX_CLASSES} are possible."
        )
    return np.where(numbers == NO_INSTANCE, UNLABELLED, np.searchsorted(known, numbers))


def _read_config(path: Path) -> _Config:
    content: dict[str, Any] = {}  # JSON
    if path.exists():
        try:
            content = json.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            raise UnreadableDataset(path.name, f"this is no JSON: {error}.") from error
        if not isinstance(content, dict):
            raise UnreadableDataset(path.name, "this is no JSON object.")
    known = ("class_field", "object_field", "classes", "background")
    for name in content:
        if name not in known:
            raise UnreadableDataset(
                path.name, f'there is no entry "{name}"; there are: {", ".join(known)}.'
            )
    fields: list[str | None] = []
    for name in known[:2]:
        value = content.get(name)
        if value is not None and not isinstance(value, str):
            raise UnreadableDataset(path.name, f"{name} must be the name of a field.")
        fields.append(value)
    background = content.get("background", [])
    if not isinstance(background, list) or not all(type(v) is int for v in background):
        raise UnreadableDataset(path.name, "background must be a list of whole numbers.")
    names = content.get("classes")
    if names is None:
        every = ClassList.from_names([f"class {index}" for index in range(MAX_CLASSES)])
        return _Config(fields[0], fields[1], every, None, tuple(background))
    if not isinstance(names, list) or not all(n is None or isinstance(n, str) for n in names):
        raise UnreadableDataset(path.name, "classes must be a list of names, null for none.")
    kept = [(value, name) for value, name in enumerate(names) if name is not None]
    classes = ClassList.from_names([name for _, name in kept])
    values = dict.fromkeys(range(len(names)), UNLABELLED)
    values |= {value: index for index, (value, _) in enumerate(kept)}
    return _Config(fields[0], fields[1], classes, values, tuple(background))
