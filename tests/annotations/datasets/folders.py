# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny data sets in the exact layouts of the published ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.annotations.files import RGB, ply

CATEGORIES = (
    "id\traw_category\tcategory\tcount\tnyu40id\teigen13id\n"
    "1\twall\twall\t8277\t1\t12\n"
    "2\tchair\tchair\t4646\t5\t4\n"
    "22\tdining table\tdining table\t9\t7\t9\n"
    "99\tceiling fan\tfan\t3\t40\t7\n"
)
# Twelve vertices in five segments; segment 90 belongs to no object, segment 7 to two.
SEGMENTS = [3, 3, 3, 7, 7, 40, 40, 40, 40, 90, 12, 12]
OBJECTS: list[dict[str, Any]] = [  # JSON
    {"id": 0, "objectId": 0, "segments": [3, 7], "label": "wall"},
    {"id": 1, "objectId": 1, "segments": [40], "label": "chair"},
    {"id": 2, "objectId": 2, "segments": [7], "label": "dining table"},
    {"id": 3, "objectId": 3, "segments": [12], "label": "ceiling fan"},
]
ALIGNMENT = "0.6 -0.8 0 1.5 0.8 0.6 0 -2 0 0 1 -0.25 0 0 0 1"
VERTICES = [
    (0.25 * i, -0.5 * i, 0.125 * i, 10 * i, 20 * i, 255 - i, 255) for i in range(len(SEGMENTS))
]


def scannet_scene(
    folder: Path,
    *,
    segments: list[int] | None = None,
    objects: list[dict[str, Any]] | None = None,  # JSON
    annotated: bool = True,
    alignment: str = ALIGNMENT,
) -> Path:
    """Write the files of one scene, which is named after its folder; return the folder."""
    name = folder.name
    folder.mkdir(parents=True)
    vertex = ("vertex", [*((a, "float") for a in "xyz"), *RGB, ("alpha", "uchar")], VERTICES)
    face = ("face", [("vertex_indices", "uchar", "int")], [([0, 1, 2],)])
    mesh = ply("binary_little_endian", [vertex, face])
    (folder / f"{name}_vh_clean_2.ply").write_bytes(mesh)
    (folder / f"{name}.txt").write_text(
        f"axisAlignment = {alignment} \ncolorHeight = 968\nsceneType = Bathroom\n"
    )
    if annotated:
        chosen = SEGMENTS if segments is None else segments
        params = {"kThresh": "0.0001", "segMinVerts": "20"}
        content = {"params": params, "sceneId": name, "segIndices": chosen}
        (folder / f"{name}_vh_clean_2.0.010000.segs.json").write_text(json.dumps(content))
        groups = {
            "sceneId": f"scannet.{name}",
            "segGroups": OBJECTS if objects is None else objects,
        }
        (folder / f"{name}.aggregation.json").write_text(json.dumps(groups))
    return folder


def scannet_root(root: Path) -> Path:
    """A training, a validation and a test scene, as the download leaves them, with splits."""
    for name in ("scene0000_00", "scene0011_00"):
        scannet_scene(root / "scans" / name)
    scannet_scene(root / "scans_test" / "scene0707_00", annotated=False)
    (root / "scannetv2-labels.combined.tsv").write_text(CATEGORIES)
    (root / "split").mkdir()
    # The last scene of the list is not on disk, as for people who took a part of the data set.
    (root / "split" / "scannetv2_train.txt").write_text("scene0000_00\nscene0001_00\n")
    (root / "split" / "scannetv2_val.txt").write_text("scene0011_00\n")
    (root / "split" / "scannetv2_test.txt").write_text("scene0707_00\n")
    return root


def s3dis_room(folder: Path, objects: dict[str, str]) -> Path:
    """Write a room of objects, file name -> lines, and the room's own file; return the folder."""
    (folder / "Annotations").mkdir(parents=True)
    for name, lines in objects.items():
        (folder / "Annotations" / name).write_text(lines)
    (folder / f"{folder.name}.txt").write_text("".join(objects.values()))
    return folder


OFFICE = {
    "chair_10.txt": "1.0 2.0 0.5 10 20 30\n1.1 2.0 0.5 11 21 31\n",
    "chair_2.txt": "4.0 2.5 0.5 1 2 3\n",
    "wall_1.txt": "-22.5 39.9 3.0 103.000000 103.000000 104.000000\n0 0 0 255 0 255\n",
    "stairs_1.txt": "7 7 7 7 7 7\n",
    "ceiling_1.txt": "5 6 2.75 200 201 202",
}
