# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Point clouds with boxes as whole projects, for Supervisely and for CVAT.

Supervisely, which CVAT imports as "Sly Point Cloud Format":

    meta.json, key_id_map.json
    ds0/pointcloud/<scan>.pcd
    ds0/ann/<scan>.pcd.json

KITTI raw, which CVAT imports as "Kitti Raw Format":

    tracklet_labels.xml     one tracklet of one frame per object
    frame_list.txt          "<frame> <scan>" per line
    velodyne_points/data/<scan>.pcd

Viewers in browsers read PCD in float32. The clouds and the boxes are therefore in the scan's local
frame: the file's, minus its global shift, which is nothing where coordinates are small and stands
in the description, else. Points without usable coordinates are left out, as nothing here names
points by row.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.files import replacing
from fewpoints.annotations.formats.boxes import BoxedObject, boxed_objects
from fewpoints.annotations.formats.content import LabelledScan, LabelledScans, WrittenFile
from fewpoints.annotations.scans.scan import PointScan

# Keys are names made from what they stand for: the same export again has the same ones.
_SPACE = uuid.UUID("6d3f3c5e-6a0e-5f2b-9d5c-3d0f2f0b7a11")
_LONG_AGO = "1970-01-01T00:00:00.000Z"


def write_pcd(path: Path, scan: PointScan) -> None:
    """Write the finite points, local, as binary PCD in float32, with colours packed as rgb."""
    rows = scan.finite
    fields = [("x", "<f4", "F"), ("y", "<f4", "F"), ("z", "<f4", "F")]
    if scan.colours is not None:
        fields.append(("rgb", "<u4", "U"))
    records = np.zeros(int(rows.sum()), [(name, kind) for name, kind, _ in fields])
    for axis, name in enumerate("xyz"):
        records[name] = scan.positions[rows, axis] - scan.global_shift[axis]
    if scan.colours is not None:
        colours = scan.colours[rows].astype(np.uint32)
        records["rgb"] = colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]
    header = [
        "# .PCD v0.7 - Point Cloud Data file format",
        "VERSION 0.7",
        f"FIELDS {' '.join(name for name, _, _ in fields)}",
        f"SIZE {' '.join('4' for _ in fields)}",
        f"TYPE {' '.join(kind for _, _, kind in fields)}",
        f"COUNT {' '.join('1' for _ in fields)}",
        f"WIDTH {len(records)}",
        "HEIGHT 1",
        "VIEWPOINT 0 0 0 1 0 0 0",
        f"POINTS {len(records)}",
        "DATA binary",
    ]
    with replacing(path) as part, part.open("wb") as file:
        file.write(("\n".join(header) + "\n").encode("ascii"))
        records.tofile(file)


def _placed(labelled: LabelledScan, boxed: BoxedObject) -> tuple[FloatArray64, FloatArray64]:
    """(3,) centre in the local frame and (3,) rotation about x, y, z."""
    rotation = np.zeros(3)
    rotation[boxed.oriented.axis] = boxed.oriented.angle
    return boxed.oriented.centre - labelled.scan.global_shift, rotation


def _shift_said(labelled: LabelledScan) -> str:
    shift = labelled.scan.global_shift
    if not shift.any():
        return ""
    amount = " ".join(repr(value) for value in shift.tolist())
    return f"Add {amount} to get the coordinates of {labelled.name}."


def write_supervisely(folder: Path, scans: LabelledScans, classes: ClassList) -> list[WrittenFile]:
    """Write a project with one data set, `ds0`."""
    for name in ("pointcloud", "ann"):
        (folder / "ds0" / name).mkdir(parents=True)
    ids: dict[str, dict[str, int]] = {"tags": {}, "objects": {}, "figures": {}, "videos": {}}
    written = []
    for labelled in scans:
        key = _key(labelled.title)
        ids["videos"][key] = len(ids["videos"]) + 1
        objects, figures = [], []
        for boxed in boxed_objects(labelled):
            place = f"{labelled.title} {boxed.found.class_index} {boxed.found.number}"
            object_key, figure_key = _key(f"{place} object"), _key(f"{place} figure")
            ids["objects"][object_key] = len(ids["objects"]) + 1
            ids["figures"][figure_key] = len(ids["figures"]) + 1
            who = {"labelerLogin": "", "createdAt": _LONG_AGO, "updatedAt": _LONG_AGO}
            title = classes[boxed.found.class_index].name
            objects.append({"key": object_key, "classTitle": title, "tags": [], **who})
            figures.append(_figure(labelled, boxed, figure_key, object_key) | who)
        annotation = {
            "description": _shift_said(labelled),
            "key": key,
            "tags": [],
            "objects": objects,
            "figures": figures,
        }
        cloud = f"ds0/pointcloud/{labelled.title}.pcd"
        write_pcd(folder / cloud, labelled.scan)
        text = f"ds0/ann/{labelled.title}.pcd.json"
        _write_json(folder / text, annotation)
        written += [WrittenFile(cloud, labelled.scan_id), WrittenFile(text, labelled.scan_id)]
    meta = {
        "classes": [
            {"id": c.index, "title": c.name, "shape": "cuboid_3d", "color": c.color.upper(),
             "geometry_config": {}, "hotkey": ""}
            for c in classes
        ],
        "tags": [],
        "projectType": "point_clouds",
    }  # fmt: skip
    _write_json(folder / "meta.json", meta)
    _write_json(folder / "key_id_map.json", ids)
    return [*written, WrittenFile("meta.json", None), WrittenFile("key_id_map.json", None)]


def _figure(labelled: LabelledScan, boxed: BoxedObject, key: str, owner: str) -> dict[str, Any]:
    centre, rotation = _placed(labelled, boxed)
    parts = {"position": centre, "rotation": rotation, "dimensions": boxed.oriented.size}
    return {
        "key": key,
        "objectKey": owner,
        "geometryType": "cuboid_3d",
        "geometry": {
            name: dict(zip("xyz", (float(v) for v in values), strict=True))
            for name, values in parts.items()
        },
    }


def _key(text: str) -> str:
    return uuid.uuid5(_SPACE, text).hex


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_cvat_kitti(folder: Path, scans: LabelledScans, classes: ClassList) -> list[WrittenFile]:
    """Write one task, each scan a frame of it.

    Readers take w, h, l for the extent along x, y, z of the box, and its middle as tx, ty, tz.
    """
    (folder / "velodyne_points" / "data").mkdir(parents=True)
    written, frames, tracklets = [], [], []
    for frame, labelled in enumerate(scans):
        cloud = f"velodyne_points/data/{labelled.title}.pcd"
        write_pcd(folder / cloud, labelled.scan)
        written.append(WrittenFile(cloud, labelled.scan_id))
        frames.append(f"{frame} {labelled.title}\n")
        for boxed in boxed_objects(labelled):
            centre, rotation = _placed(labelled, boxed)
            name = classes[boxed.found.class_index].name
            tracklets.append(_tracklet(name, boxed.oriented.size, centre, rotation, frame))
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<!DOCTYPE boost_serialization>\n'
        '<boost_serialization version="9" signature="serialization::archive">\n'
        '<tracklets version="0" tracking_level="0" class_id="0">\n'
        f"<count>{len(tracklets)}</count>\n<item_version>1</item_version>\n"
    )
    text = head + "".join(tracklets) + "</tracklets>\n</boost_serialization>\n"
    (folder / "tracklet_labels.xml").write_text(text, encoding="utf-8")
    (folder / "frame_list.txt").write_text("".join(frames), encoding="utf-8")
    return [
        *written,
        WrittenFile("tracklet_labels.xml", None),
        WrittenFile("frame_list.txt", None),
    ]


def _tracklet(
    name: str, size: FloatArray64, centre: FloatArray64, rotation: FloatArray64, frame: int
) -> str:
    def tags(values: dict[str, Any]) -> Iterator[str]:
        for tag, value in values.items():
            shown = repr(float(value)) if isinstance(value, float) else str(value)
            yield f"<{tag}>{escape(shown)}</{tag}>\n"

    sizes = dict(zip("whl", size, strict=True))
    pose = dict(zip(("tx", "ty", "tz", "rx", "ry", "rz"), [*centre, *rotation], strict=True))
    # State 2: labelled. Occlusion 0: visible. Truncation 0: in the image. -1: unknown.
    facts = {
        "state": 2, "occlusion": 0, "occlusion_kf": 1, "truncation": 0, "amt_occlusion": -1,
        "amt_border_l": -1, "amt_border_r": -1, "amt_occlusion_kf": -1, "amt_border_kf": -1,
    }  # fmt: skip
    return (
        "<item>\n"
        + "".join(tags({"objectType": name} | {tag: sizes[tag] for tag in "hwl"}))
        + f"<first_frame>{frame}</first_frame>\n"
        + "<poses>\n<count>1</count>\n<item_version>2</item_version>\n<item>\n"
        + "".join(tags(pose | facts))
        + "</item>\n</poses>\n<finished>1</finished>\n</item>\n"
    )
