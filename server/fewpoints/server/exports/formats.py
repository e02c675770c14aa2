# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The formats that exports are written in: one row each.

Plan, preview, manifest, command line, browser and the page docs/formats.md read this list. Writers
import large libraries when they write, so that reading the list costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from fewpoints.annotations.formats.arrays import write_npy, write_npz
from fewpoints.annotations.formats.box_files import (
    write_boxes_json,
    write_kitti_boxes,
    write_labelcloud_abs,
    write_labelcloud_rel,
)
from fewpoints.annotations.formats.content import (
    NAMES,
    Answered,
    AnswerWriter,
    ScanWriter,
    Source,
    WrittenFile,
)
from fewpoints.annotations.formats.cuboid_projects import write_cvat_kitti, write_supervisely
from fewpoints.annotations.formats.las_files import write_las, write_laz
from fewpoints.annotations.formats.ply_files import write_labels_ply
from fewpoints.annotations.formats.scannet import write_scannet
from fewpoints.annotations.formats.semantic_kitti import write_semantic_kitti
from fewpoints.annotations.formats.tables import write_sparse_csv, write_sparse_parquet

Group = Literal["sparse", "dense", "objects"]


class Titled(NamedTuple):
    """A scan of an export, the safe name that its files have, and if its objects are told apart."""

    scan_id: int
    title: str
    objects: bool


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes:
        name: what requests call it.
        version: of the format, as the files have it.
        holds: what is in it, one sentence.
        per_scan: names of the files of each scan; {title}, and {stem}, which says the source, too.
        common: names of the files of the whole export; {project}.
        bytes_per_row: about how large files are, for each answer, point or object.
        exact: the preview can say how large they are.
        per_objects: as per_scan, of scans whose objects are told apart.
        folder: the files lie in folders and come as a zip even if there is one.
        loader: Python that reads the file {file} of the export; run where the files lie.
        answers, scans: what writes it, of one of two kinds of content.
    """

    name: str
    title: str
    group: Group
    version: str
    holds: str
    per_scan: tuple[str, ...]
    common: tuple[str, ...]
    bytes_per_row: float
    loader: str
    answers: AnswerWriter | None = None
    scans: ScanWriter | None = None
    exact: bool = False
    folder: bool = False
    per_objects: tuple[str, ...] = ()
    confidence: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """What it can be made from."""
        return ("answers", "prediction") if self.group == "dense" else ("answers",)

    def files(self, project: str, scans: list[Titled], source: Source) -> list[WrittenFile]:
        """The names of the files of an export; a name with * stands for several."""
        if not scans:
            return []
        named = [
            WrittenFile(
                name.format(title=scan.title, stem=f"{scan.title}-{NAMES[source]}"), scan.scan_id
            )
            for scan in scans
            for name in (*self.per_scan, *(self.per_objects if scan.objects else ()))
        ]
        return [*named, *(WrittenFile(name.format(project=project), None) for name in self.common)]

    def example(self, file: str, title: str) -> str:
        """The loader with the names of one export in it."""
        return self.loader.replace("{file}", file).replace("{title}", title)


def _write_pth(folder: Path, answered: Answered) -> list[WrittenFile]:
    """The dictionary of the original benchmark, and the same points with their labels."""
    from fewpoints.models.selection.files import write_labels_pth, write_points_pth

    columns = {scan.title: scan.decided.points() for scan in answered.scans}
    write_points_pth(
        folder / "points.pth", {title: rows for title, (rows, _, _) in columns.items()}
    )
    write_labels_pth(
        folder / "labels.pth",
        {
            title: {"points": rows, "classes": indices, "instances": instances}
            for title, (rows, indices, instances) in columns.items()
        },
    )
    return [WrittenFile("points.pth", None), WrittenFile("labels.pth", None)]


_LABELCLOUD_LOADER = """\
import json

with open("{file}", encoding="utf-8") as file:
    objects = json.load(file)["objects"]
centres = [list(found["centroid"].values()) for found in objects]
"""

FORMATS: tuple[ExportFormat, ...] = (
    ExportFormat(
        "sparse_csv", "CSV", "sparse", "fewpoints sparse labels 1",
        "One row per answer: point, class, object, who, when, how long, strategy, reply and note.",
        ("{title}-sparse.csv",), (), 80,
        """\
import csv

with open("{file}", newline="", encoding="utf-8") as file:
    answers = list(csv.DictReader(file))
points = [int(answer["index"]) for answer in answers]
""",
        answers=write_sparse_csv, exact=True,
    ),
    ExportFormat(
        "sparse_parquet", "Parquet", "sparse", "Parquet 2, fewpoints answers 1",
        "One table of all scans: each answer with its position, its query, its review and its ids.",
        (), ("{project}-answers.parquet",), 60,
        """\
import json

import pyarrow.parquet as pq

table = pq.read_table("{file}")
facts = json.loads(table.schema.metadata[b"fewpoints"])
points = table["index"].to_pylist()
""",
        answers=write_sparse_parquet,
    ),
    ExportFormat(
        "sparse_pth", ".pth", "sparse", "torch zip-less container, pickle 2",
        "Scene to points and to labels, as the data-efficient ScanNet benchmark keeps them.",
        (), ("points.pth", "labels.pth"), 18,
        """\
import torch

# It is a pickle: read only files that you trust.
points = torch.load("points.pth", weights_only=False)["{title}"]
labels = torch.load("labels.pth", weights_only=False)["{title}"]
""",
        answers=_write_pth,
    ),
    ExportFormat(
        "ply", "PLY", "dense", "PLY 1.0, binary little-endian",
        "Every point with the scan's own columns, class, confidence 0-255, and object.",
        ("{stem}.ply",), (), 40,
        """\
import numpy as np

SIZES = {"char": "i1", "uchar": "u1", "short": "<i2", "ushort": "<u2"}
TYPES = {**SIZES, "int": "<i4", "uint": "<u4", "float": "<f4", "double": "<f8"}
with open("{file}", "rb") as file:
    header = iter(lambda: file.readline().decode("ascii").split(), ["end_header"])
    columns = [(line[2], TYPES[line[1]]) for line in header if line[0] == "property"]
    points = np.frombuffer(file.read(), columns)
label = points["class"]
""",
        scans=write_labels_ply, exact=True, confidence=True,
    ),
    ExportFormat(
        "las", "LAS", "dense", "LAS 1.4, point format 6 or 7",
        "Every point with a classification code; label, instance, confidence as extra dimensions.",
        ("{stem}.las",), (), 45,
        """\
import laspy
import numpy as np

las = laspy.read("{file}")
label = np.asarray(las.label)  # 255: none
codes = np.asarray(las.classification)
""",
        scans=write_las, confidence=True,
    ),
    ExportFormat(
        "laz", "LAZ", "dense", "LAS 1.4, point format 6 or 7, LASzip",
        "As LAS, compressed.",
        ("{stem}.laz",), (), 15,
        """\
import laspy
import numpy as np

las = laspy.read("{file}")  # Needs laspy[lazrs].
label = np.asarray(las.label)  # 255: none
codes = np.asarray(las.classification)
""",
        scans=write_laz, confidence=True,
    ),
    ExportFormat(
        "npz", "NPZ", "dense", "NumPy 1.0",
        "coord, color, normal, segment, instance and confidence, as Pointcept names them.",
        ("{stem}.npz",), (), 30,
        """\
import numpy as np

with np.load("{file}") as arrays:
    coord, segment = arrays["coord"], arrays["segment"]  # -1: none
    instance = arrays["instance"]
""",
        scans=write_npz, confidence=True,
    ),
    ExportFormat(
        "npy", "NPY folders", "dense", "NumPy 1.0",
        "A folder per scan with coord.npy, segment.npy and so on, which Pointcept reads as it is.",
        ("{title}/*.npy",), (), 36,
        """\
import numpy as np

coord = np.load("{title}/coord.npy")
segment = np.load("{title}/segment.npy")  # -1: none
instance = np.load("{title}/instance.npy")
""",
        scans=write_npy, folder=True, confidence=True,
    ),
    ExportFormat(
        "semantic_kitti", "SemanticKITTI", "dense", "SemanticKITTI .label",
        "One uint32 per point: the class id in the low half, the object in the high half.",
        ("labels/{title}.label",), (), 4,
        """\
import numpy as np

values = np.fromfile("labels/{title}.label", "<u4")
semantic, instance = values & 0xFFFF, values >> 16  # 0: none
""",
        scans=write_semantic_kitti, exact=True, folder=True,
    ),
    ExportFormat(
        "scannet", "ScanNet submission", "dense", "ScanNet benchmark text files",
        "One class id per line and point; masks of objects where answers number those.",
        ("semantic/{title}.txt",), (), 3,
        """\
import numpy as np

ids = np.loadtxt("semantic/{title}.txt", dtype=int)  # 0: none
""",
        scans=write_scannet, folder=True,
        per_objects=("instance/{title}.txt", "instance/predicted_masks/{title}_*.txt"),
    ),
    ExportFormat(
        "boxes_json", "Boxes (JSON)", "objects", "fewpoints boxes 1",
        "Every object's box along the axes and its smallest turned box, in the file's coordinates.",
        ("{title}-boxes.json",), (), 1500,
        """\
import json

with open("{file}", encoding="utf-8") as file:
    objects = json.load(file)["objects"]
centres = [found["oriented"]["center"] for found in objects]
""",
        scans=write_boxes_json, confidence=True,
    ),
    ExportFormat(
        "kitti_boxes", "KITTI boxes", "objects", "KITTI object labels",
        "A label file per scan in KITTI's camera frame, and the calibration that leads back.",
        ("label_2/{title}.txt", "calib/{title}.txt"), (), 110,
        """\
from pathlib import Path

import numpy as np

calib = dict(line.split(":", 1) for line in Path("calib/{title}.txt").read_text().splitlines())
camera = np.array(calib["Tr_velo_to_cam"].split(), float).reshape(3, 4)[:, :3]
rows = [line.split() for line in Path("label_2/{title}.txt").read_text().splitlines()]
size = np.array([row[8:11] for row in rows], float)  # Height, width, length.
bottom = np.array([row[11:14] for row in rows], float) @ camera  # In the file's frame.
""",
        scans=write_kitti_boxes, folder=True,
    ),
    ExportFormat(
        "labelcloud_rel", "labelCloud (radians)", "objects", "labelCloud centroid_rel",
        "Centroid, dimensions and rotations of each object, -pi to pi.",
        ("{title}.json",), (), 330,
        _LABELCLOUD_LOADER,
        scans=write_labelcloud_rel,
    ),
    ExportFormat(
        "labelcloud_abs", "labelCloud (degrees)", "objects", "labelCloud centroid_abs",
        "Centroid, dimensions and rotations of each object, 0 to 360 degrees.",
        ("{title}.json",), (), 330,
        _LABELCLOUD_LOADER,
        scans=write_labelcloud_abs,
    ),
    ExportFormat(
        "supervisely", "Supervisely", "objects", "Supervisely point clouds",
        'A project with clouds (PCD) and cuboids; CVAT imports it as "Sly Point Cloud Format".',
        ("ds0/pointcloud/{title}.pcd", "ds0/ann/{title}.pcd.json"),
        ("meta.json", "key_id_map.json"), 16,
        """\
import json

with open("ds0/ann/{title}.pcd.json", encoding="utf-8") as file:
    figures = json.load(file)["figures"]
centres = [list(figure["geometry"]["position"].values()) for figure in figures]
""",
        scans=write_supervisely, folder=True,
    ),
    ExportFormat(
        "cvat_kitti", "CVAT (KITTI raw)", "objects", "KITTI raw tracklets 1.0",
        'Clouds (PCD) and tracklets, one frame per scan; CVAT imports it as "Kitti Raw Format".',
        ("velodyne_points/data/{title}.pcd",),
        ("tracklet_labels.xml", "frame_list.txt"), 16,
        """\
from xml.etree import ElementTree

items = ElementTree.parse("tracklet_labels.xml").getroot().find("tracklets").findall("item")
poses = [item.find("poses/item") for item in items]
centres = [[float(pose.find(axis).text) for axis in ("tx", "ty", "tz")] for pose in poses]
""",
        scans=write_cvat_kitti, folder=True,
    ),
)  # fmt: skip

_BY_NAME = {known.name: known for known in FORMATS}
# What older versions called two of them, with the source in the name.
OLD_NAMES: dict[str, tuple[str, Source]] = {
    "labels_ply": ("ply", "answers"),
    "dense_ply": ("ply", "prediction"),
}


def format_of(name: str) -> ExportFormat:
    """Return the format of a name that was checked before."""
    return _BY_NAME[name]
