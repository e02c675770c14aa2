# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Results in the layout that the ScanNet benchmark takes.

    semantic/
        scene0707_00.txt                        per vertex one line, its NYU40 id
    instance/
        scene0707_00.txt                        per object "predicted_masks/… <NYU40 id> <0..1>"
        predicted_masks/scene0707_00_000.txt    per vertex one line, 1 inside the object, else 0

Letters used in shapes: N vertices, M objects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import BoolArray, FloatArray64, IndexArray, IntArray
from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.datasets.dataset import classes_of_ids, ids_of_classes
from fewpoints.annotations.datasets.scannet import CLASSES
from fewpoints.annotations.datasets.scene_lists import text_lines
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.files import replacing

_MASKS = "predicted_masks"


class SubmittedInstances(NamedTuple):
    """masks: (M, N) True where an object is. classes: (M,) int64 index. confidence: (M,) float64,
    higher is surer.
    """

    masks: BoolArray
    classes: IndexArray
    confidence: FloatArray64


def write_semantic(
    folder: Path, scene: str, classes: IntArray, *, class_list: ClassList = CLASSES
) -> Path:
    """Write (N,) class indices, 255 for none (which becomes 0); return the file."""
    ids = ids_of_classes(classes, class_list)
    path = folder / f"{scene}.txt"
    _write(path, "".join(f"{value}\n" for value in ids.tolist()).encode("ascii"))
    return path


def read_semantic(path: Path, *, points: int, class_list: ClassList = CLASSES) -> IndexArray:
    """(N,) class indices of what `write_semantic` wrote, 255 for ids that are none of them."""
    lines = _lines(path, points)
    bad = next((i for i, line in enumerate(lines) if not line.isdigit() or len(line) > 9), None)
    if bad is not None:
        raise UnreadableDataset(
            path.name, f"{lines[bad][:20]!a} is no NYU40 id.", where=f"line {bad + 1}"
        )
    return classes_of_ids(np.array([int(line) for line in lines], np.int64), class_list)


def write_instances(
    folder: Path,
    scene: str,
    masks: BoolArray,
    classes: IntArray,
    confidence: NDArray[np.floating],
    *,
    class_list: ClassList = CLASSES,
) -> Path:
    """Write objects in the order given; return the scene's file, which is written last.

    Masks of an earlier result with more objects stay, but nothing names them any more.

    Args:
        folder: made if it is missing.
        masks: (M, N) True where an object is.
        classes: (M,) class indices.
        confidence: (M,) 0..1, of which four decimals are kept.
    """
    assert masks.ndim == 2, masks.shape
    assert len(masks) == len(classes)
    return write_each_instance(folder, scene, masks, classes, confidence, class_list=class_list)


def write_each_instance(
    folder: Path,
    scene: str,
    masks: Iterable[BoolArray],
    classes: IntArray,
    confidence: NDArray[np.floating],
    *,
    class_list: ClassList = CLASSES,
) -> Path:
    """As `write_instances`, from masks made one at a time, as all of a large scan take much."""
    assert len(classes) == len(confidence)
    assert np.isfinite(confidence).all()
    assert (classes != UNLABELLED).all()
    ids = ids_of_classes(classes, class_list)
    table = []
    for number, mask in enumerate(masks):
        assert mask.dtype == np.bool_, mask.dtype
        path = f"{_MASKS}/{scene}_{number:03d}.txt"
        lines = np.full((len(mask), 2), ord("\n"), np.uint8)
        lines[:, 0] = ord("0") + mask
        _write(folder / path, lines.tobytes())
        table.append(f"{path} {ids[number]} {confidence[number]:.4f}\n")
    path_of_scene = folder / f"{scene}.txt"
    _write(path_of_scene, "".join(table).encode())
    return path_of_scene


def read_instances(
    path: Path, *, points: int, class_list: ClassList = CLASSES
) -> SubmittedInstances:
    """Read a scene's file and the masks it names; `points` is the N that each must have.

    Raises UnreadableDataset naming the file and the line.
    """
    masks, classes, confidences = [], [], []
    for number, line in enumerate(_lines(path), start=1):
        where = f"line {number}"
        try:
            name, identity, last = line.split()
            external_id, confidence = int(identity), float(last)
        except ValueError as error:
            raise UnreadableDataset(
                path.name, "a line is a mask, a NYU40 id and a confidence.", where=where
            ) from error
        if not math.isfinite(confidence):
            raise UnreadableDataset(path.name, f"the confidence is {confidence}.", where=where)
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise UnreadableDataset(
                path.name, f"the mask {name[:80]!a} lies outside the folder.", where=where
            )
        found = next((c for c in class_list if c.external_id == external_id), None)
        if found is None:
            raise UnreadableDataset(path.name, f"{external_id} is the id of no class.", where=where)
        masks.append(_read_mask(path.parent / relative, points))
        classes.append(found.index)
        confidences.append(confidence)
    return SubmittedInstances(
        np.array(masks, bool).reshape(len(masks), points),
        np.array(classes, np.int64),
        np.array(confidences, np.float64),
    )


def _read_mask(path: Path, points: int) -> BoolArray:
    lines = _lines(path, points)
    bad = next((i for i, line in enumerate(lines) if line not in ("0", "1")), None)
    if bad is not None:
        raise UnreadableDataset(
            path.name, f"{lines[bad][:20]!a} is neither 0 nor 1.", where=f"line {bad + 1}"
        )
    return np.array([line == "1" for line in lines], bool)


def _lines(path: Path, expected: int | None = None) -> list[str]:
    """The lines without outer blanks; as many as expected."""
    lines = [line.strip() for line in text_lines(path)]
    if expected is not None and len(lines) != expected:
        raise UnreadableDataset(
            path.name, f"it has {len(lines):,} lines for {expected:,} vertices."
        )
    return lines


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_bytes(content)
