# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes as JSON, as KITTI labels and as labelCloud keeps them.

KITTI. Labels are in the frame of a camera: x to the right, y down, z forward; a label gives height,
width and length, the middle of the *bottom* of the box, and `rotation_y` about the camera's y. A
scan has no camera. The files here take one that stands in the scan's origin and looks along the
file's first level axis (x where z is up): `Tr_velo_to_cam` in `calib/` is that change of axes with
no translation, `R0_rect` and the projections are identities, so that any reader of KITTI brings
the boxes back into the file's own frame. What only pictures have is written as unknown: truncation
and occlusion -1, alpha -10, the 2D box 0.
"""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.formats.boxes import Box, BoxedObject, boxed_objects
from fewpoints.annotations.formats.content import LabelledScans, WrittenFile

DECIMALS = 6


def _rounded(values: FloatArray64) -> list[float]:
    return [round(float(value), DECIMALS) for value in values]


def write_boxes_json(folder: Path, scans: LabelledScans, classes: ClassList) -> list[WrittenFile]:
    """Write <scan>-boxes.json: both boxes of every object, in the file's frame and unit."""
    written = []
    for labelled in scans:
        content = {
            "format": "fewpoints boxes 1",
            "scan": labelled.name,
            "up": labelled.up.tolist(),
            "objects": [_as_json(boxed, classes) for boxed in boxed_objects(labelled)],
        }
        name = f"{labelled.title}-boxes.json"
        (folder / name).write_text(
            json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        written.append(WrittenFile(name, labelled.scan_id))
    return written


def _as_json(boxed: BoxedObject, classes: ClassList) -> dict[str, Any]:
    entry = classes[boxed.found.class_index]
    oriented = boxed.oriented
    return {
        "class": entry.index,
        "class_name": entry.name,
        "instance": boxed.found.number,
        "points": len(boxed.found.rows),
        "confidence": round(boxed.confidence, 4),
        "aligned": {
            "min": _rounded(boxed.aligned.centre - boxed.aligned.size / 2),
            "max": _rounded(boxed.aligned.centre + boxed.aligned.size / 2),
        },
        "oriented": {
            "center": _rounded(oriented.centre),
            "size": _rounded(oriented.size),
            "axis": "xyz"[oriented.axis],
            "angle": round(oriented.angle, 9),
            "corners": [_rounded(corner) for corner in oriented.corners()],
        },
    }


def camera_from_file(up: FloatArray64) -> FloatArray64:
    """(3, 3) rotation into KITTI's camera frame: right, down, forward."""
    forward = np.roll(np.abs(up), 1)  # The level axis that comes after the upward one.
    left = np.cross(up, forward)
    return np.stack([-left, -up, forward]) + 0.0


def kitti_line(name: str, box: Box, up: FloatArray64) -> str:
    """One label. Length runs along the heading, width across it."""
    camera = camera_from_file(up)
    matrix = box.rotation()
    heading_axis = (box.axis + 1) % 3
    heading = camera @ matrix[:, heading_axis]
    # rotation_y is 0 for a heading along the camera's x and grows towards -z.
    rotation_y = math.atan2(-heading[2], heading[0])
    bottom = camera @ (box.centre - up * box.size[box.axis] / 2)
    length, width = box.size[heading_axis], box.size[(box.axis + 2) % 3]
    numbers = [box.size[box.axis], width, length, *bottom]
    # A type is one word.
    return (
        f"{'_'.join(name.split())} -1 -1 -10 0 0 0 0 "
        + " ".join(f"{value:.{DECIMALS}f}" for value in numbers)
        + f" {rotation_y:.{DECIMALS}f}\n"
    )


def kitti_calibration(up: FloatArray64) -> str:
    """The text of a calib file, see above."""
    identity = np.eye(3, 4)
    rows = {f"P{camera}": identity for camera in range(4)}
    rows["R0_rect"] = np.eye(3)
    rows["Tr_velo_to_cam"] = np.column_stack([camera_from_file(up), np.zeros(3)])
    rows["Tr_imu_to_velo"] = identity
    return "".join(
        f"{name}: {' '.join(f'{value:.12e}' for value in matrix.reshape(-1))}\n"
        for name, matrix in rows.items()
    )


def write_kitti_boxes(folder: Path, scans: LabelledScans, classes: ClassList) -> list[WrittenFile]:
    """Write label_2/<scan>.txt and calib/<scan>.txt, from the turned boxes."""
    for name in ("label_2", "calib"):
        (folder / name).mkdir()
    written = []
    for labelled in scans:
        lines = [
            kitti_line(classes[boxed.found.class_index].name, boxed.oriented, labelled.up)
            for boxed in boxed_objects(labelled)
        ]
        texts = {"label_2": "".join(lines), "calib": kitti_calibration(labelled.up)}
        for place, text in texts.items():
            name = f"{place}/{labelled.title}.txt"
            (folder / name).write_text(text, encoding="utf-8")
            written.append(WrittenFile(name, labelled.scan_id))
    return written


def _write_labelcloud(
    folder: Path, scans: LabelledScans, classes: ClassList, *, relative: bool
) -> list[WrittenFile]:
    """Write <scan>.json: rotations in radians from -pi to pi, or in degrees from 0 to 360."""
    written = []
    for labelled in scans:
        objects = []
        for boxed in boxed_objects(labelled):
            box = boxed.oriented
            angle = box.angle if relative else math.degrees(box.angle) % 360
            rotations = [angle if axis == box.axis else 0.0 for axis in range(3)]
            objects.append(
                {
                    "name": classes[boxed.found.class_index].name,
                    "centroid": dict(zip("xyz", _rounded(box.centre), strict=True)),
                    "dimensions": dict(
                        zip(("length", "width", "height"), _rounded(box.size), strict=True)
                    ),
                    "rotations": dict(zip("xyz", _rounded(np.array(rotations)), strict=True)),
                }
            )
        content = {
            "folder": "",
            "filename": labelled.name,
            "path": labelled.name,
            "objects": objects,
        }
        name = f"{labelled.title}.json"
        (folder / name).write_text(
            json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        written.append(WrittenFile(name, labelled.scan_id))
    return written


write_labelcloud_rel = partial(_write_labelcloud, relative=True)
write_labelcloud_abs = partial(_write_labelcloud, relative=False)
